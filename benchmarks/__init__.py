"""How fast the API is, beside the floor of its database and beside other JSON:API servers.

`make bench` measures all of them in one run, on the same rows, in turns. Nothing here is packaged.
"""
