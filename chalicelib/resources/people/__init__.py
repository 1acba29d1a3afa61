"""People: accounts and their data."""
