"""Groups: the declaration, and who counts as what in one."""
