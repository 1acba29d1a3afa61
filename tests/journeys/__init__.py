"""Stories told over HTTP, from beginning to end."""
