"""Orders: what they cost, who gets the places, and what becomes of them."""
