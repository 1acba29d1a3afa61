"""Video: rooms on the network, who leads them, and what was recorded."""
