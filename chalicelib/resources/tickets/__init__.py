"""Tickets: what can be had for an event, and at what price."""
