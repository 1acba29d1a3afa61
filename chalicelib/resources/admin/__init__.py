"""Administration: what staff keeps in order, and what the system reports to them."""
