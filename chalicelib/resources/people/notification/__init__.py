"""Notifications: the declaration, and the text that several people are told."""
