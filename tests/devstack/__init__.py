"""The local system's own parts, where they imitate AWS."""
