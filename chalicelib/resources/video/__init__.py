"""Video: rooms, their moderators, and recordings."""
