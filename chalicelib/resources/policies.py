"""Policies that several nouns share."""

from typing import Final

from chalicelib.auth.roles import COORGANIZERS, TRACK_ORGANIZERS
from chalicelib.jsonapi.policy import Policy, anyone, holds, seen_with, staff


def written_by(roles: frozenset[str], event: str = "event") -> Policy:
    """Seen by whoever sees the event; written by those who hold one of the roles there."""
    writers = holds(roles, event)
    return Policy(see=seen_with(event), create=writers, change=writers, remove=writers)


def organisers_write(event: str = "event") -> Policy:
    """Seen by whoever sees the event; written by its owner, organizers and coorganizers."""
    return written_by(COORGANIZERS, event)


def track_organisers_write(event: str = "event") -> Policy:
    """As organisers_write, and the track organizers write too."""
    return written_by(TRACK_ORGANIZERS, event)


STAFF_WRITES: Final = Policy(see=anyone, create=staff, change=staff, remove=staff)
