"""Exported lists, opened by libraries that are not ours."""
