"""Attendees: the declaration, the rules about them, their forms and their admission."""
