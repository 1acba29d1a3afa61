"""Bulk mail: its declaration, its recipients and its state machine."""
