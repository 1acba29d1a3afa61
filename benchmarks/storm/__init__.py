"""A rush for few tickets: many buyers at once, processes that die, requests that come twice.

`make storm` counts afterwards what was sold, and races the system against a naive twin of it.
"""
