"""Writing: create, update, delete and restore rows and their links, with permissions and hooks."""
