"""Profiles: the declaration, and how the rows of one become another's."""
