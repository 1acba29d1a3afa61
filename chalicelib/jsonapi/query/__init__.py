"""What a query string asks for: read, checked, and as conditions and order in SQL."""
