"""Feeds, read back by other programs' libraries and compared with what was entered."""
