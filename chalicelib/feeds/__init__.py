"""Feeds: an event's programme, and the upcoming events, in the formats that other programs subscribe to.

Each is read by one statement as a stranger sees it, so that everybody gets the same bytes, and written by a
function of what was read.
"""
