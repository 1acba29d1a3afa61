"""Whose a ticket is: its buyer's, until it was passed on, then its holder's."""

from typing import Any

from chalicelib.auth.viewer import Viewer


def may_give_away(viewer: Viewer, attendee: Any, *, buys: bool) -> bool:
    """Whether the ticket is the viewer's to give up, exchange or pass on: its buyer's, until it was passed
    on, then its holder's. Asked once the order is locked: it may have become somebody else's meanwhile.
    """
    if attendee.transferred_at is None:
        return buys
    return holds(viewer, attendee.email)


def holds(viewer: Viewer, email: str | None) -> bool:
    """Whether the attendee's address is the viewer's, and verified."""
    return viewer.is_verified and (email or "").lower() == viewer.email.lower() != ""


def may_change(viewer: Viewer, attendee: Any, email: str | None, *, buys: bool) -> bool:
    """Whether the viewer says who comes with it: the buyer, until it was passed on, and its holder, whose
    address `email` was until now.
    """
    return (buys and attendee.transferred_at is None) or holds(viewer, email)
