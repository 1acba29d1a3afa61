"""Orders: who bought what, who comes with it, and what the platform and the tax office get."""
