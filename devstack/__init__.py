"""The whole system on one machine: database, stand-in for AWS, HTTP, and the pump. Never packaged.

`python -m devstack` (or `make run`) starts it; the tests use the same parts one by one.
"""
