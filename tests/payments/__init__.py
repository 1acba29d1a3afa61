"""Paying online, against localstripe."""
