"""The client guide, run as it stands there."""
