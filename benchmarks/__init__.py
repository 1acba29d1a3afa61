"""Benchmark: the API compared with a minimal implementation ("floor") and with other JSON:API servers.

`make bench` measures all of them alternately in one run, on the same rows. Nothing here is packaged.
"""
