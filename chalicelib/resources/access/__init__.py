"""Access: roles, and who holds which at an event."""
