"""Permissions: rules compiled to SQL conditions, evaluated for one row, explained; secrets in the request."""
