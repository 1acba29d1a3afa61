"""Moving in from Open Event Server."""
