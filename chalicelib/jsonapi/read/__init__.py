"""Reading: one SQL statement per query, which returns complete JSON text."""
