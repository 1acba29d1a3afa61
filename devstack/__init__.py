"""Local development stack: PostgreSQL, a stand-in for AWS, the HTTP server, and the pump. Never packaged.

`python -m devstack` (or `make run`) starts it; the tests use its parts one by one.
"""
