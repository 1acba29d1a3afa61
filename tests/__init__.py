"""HTTP in, document out, then a look into the database."""
