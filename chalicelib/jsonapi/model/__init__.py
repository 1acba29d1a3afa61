"""Declarations: attributes, relationships, rules, policies, resource types and the registry; the context."""
