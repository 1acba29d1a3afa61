"""What tests stand on: servers, databases, an HTTP client and the pump."""
