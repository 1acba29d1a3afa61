"""What the system tells about its work, and that none of it is anybody's data."""
