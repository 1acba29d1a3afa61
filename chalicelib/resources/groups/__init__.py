"""Groups: organizers with several events, and their followers."""
