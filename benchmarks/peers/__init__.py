"""Peers: other JSON:API servers for Python, set up as their documentation shows, over the same tables.

Their packages are installed for the benchmark only, so the type checker of the project skips this package.
"""
