"""Imports: files that become rows of an event, over HTTP."""
