"""Video streams: the declaration, and the switches of a room."""
