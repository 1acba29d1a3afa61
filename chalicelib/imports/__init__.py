"""Imports: files of others become rows of an event, by the same rules as what a client sends."""
