"""Many people want the same at the same moment."""
