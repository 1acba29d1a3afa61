"""People: accounts and what belongs to them."""
