"""Rate limits: how often a caller may do something, and how long to wait.

A limit is declared in declared.py, named where it applies (`limited_by` of an action or a resource type) and
counted in PostgreSQL, so that all processes share it. jsonapi/http/limited.py applies it to requests.

limit       what a limit is, and the counters of a request
scopes      what a counter is for: account, address ...
declared    all limits
store       hit, test, resets_in: the counters
"""
