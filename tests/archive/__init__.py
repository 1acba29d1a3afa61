"""The archive of an event."""
