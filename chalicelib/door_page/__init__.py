"""The pages at /door, for whoever works at the entrance of an event: a progressive web app."""
