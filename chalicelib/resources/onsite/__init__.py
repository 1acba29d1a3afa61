"""On site: badges, check-in stations, and attendance."""
