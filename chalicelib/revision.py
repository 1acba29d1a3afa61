"""The database's revision that this code was written for: the newest file in migrations/versions.

It is repeated here because migrations/ is not packaged, and health must know it all the same.
"""

NEWEST = "2026_11_21_1_indexes_of_lists"
