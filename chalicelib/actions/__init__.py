"""Actions: synchronous operations that are more than CRUD; one module per action."""
