"""The system behind a connection pooler in transaction mode: `make outside`."""
