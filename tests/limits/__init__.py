"""Rate limits: that they count exactly, whom they hold up and whom not, and that nothing is without one."""
