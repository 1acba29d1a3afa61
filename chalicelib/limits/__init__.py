"""Rate limits as a service: what may be asked how often, by whom, and how long to wait.

A limit is declared in declared.py, named where it is asked (`limited_by` of an action or a noun) and
counted in PostgreSQL, so that all processes agree. jsonapi/http/limited.py asks it for every request.

limit       what a limit is, and the counters that a request meets
scopes      what a counter can be for
declared    all of them
store       hit, test, resets_in: the counters
"""
