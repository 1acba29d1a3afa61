"""The door: the gate, codes, and devices."""
