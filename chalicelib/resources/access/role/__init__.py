"""Roles: the declaration, and who decides about whose."""
