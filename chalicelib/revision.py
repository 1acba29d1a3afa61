"""The database's revision that this code was written for: the newest file in migrations/versions.

It is repeated here because health must know it without looking at files.
"""

NEWEST = "2026_11_29_1_defaults"
