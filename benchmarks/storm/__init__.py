"""Load test: many concurrent buyers of few tickets, killed processes, duplicated requests.

`make storm` checks afterwards what was sold, and compares the throughput with a naive twin.
"""
