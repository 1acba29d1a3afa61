"""Chaos tests: faults on purpose between the functions and their services, while clients go on.

docs/chaos.md says how to run and read them.
"""
