"""What existing clients rely on, as facts, and whether the registry serves all of it."""
