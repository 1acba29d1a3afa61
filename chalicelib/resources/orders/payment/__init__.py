"""Payment: the ways to pay, how one begins and when it counts as made."""
