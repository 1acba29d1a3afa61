"""Test infrastructure: servers, databases, an HTTP client and the pump."""
