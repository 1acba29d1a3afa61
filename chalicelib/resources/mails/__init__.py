"""Mails that organizers hold for review before they are sent."""
