"""Automatic scheduling: a constructive heuristic and large neighborhood search, in plain Python.

Time is a grid of slots, and what is busy is a bit mask of it, so that a look for free places is a few
operations on whole numbers. Nothing here knows the database.
"""
