"""Texts of emails about the state of a session, with placeholders in braces, which a team may replace.

Clients show them in the dialog that mails speakers, and send back what was edited. They part lines by <br/>.
"""

from collections.abc import Mapping
from typing import Final

RECIPIENT: Final = "Speaker"
PLACEHOLDERS: Final = (
    "session_name",
    "session_link",
    "session_cfs_link",
    "session_state",
    "event_name",
    "event_link",
    "app_name",
    "frontend_link",
)
_END: Final = (
    "<br/><br/>Your session: {session_cfs_link}<br/>The event: {event_link}"
    "<br/><br/>{app_name}, {frontend_link}"
)


def _text(subject: str, *lines: str) -> dict[str, str]:
    return {"subject": subject, "message": "<br/>".join(lines) + _END}


# By state of the session; there is none for drafts.
TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "pending": _text(
        "Your session {session_name} for {event_name} is under review",
        "Your session {session_name} for {event_name} was received.",
        "The organizers will tell you when it is decided.",
    ),
    "accepted": _text(
        "Your session {session_name} for {event_name} is accepted",
        "Your session {session_name} is accepted for {event_name}.",
        "Please write to the organizers if you cannot come.",
    ),
    "confirmed": _text(
        "Your session {session_name} for {event_name} is confirmed",
        "Your session {session_name} is confirmed for {event_name}.",
        "You find it at {session_link}.",
    ),
    "rejected": _text(
        "Your session {session_name} for {event_name} is not accepted",
        "Thank you for your session {session_name}.",
        "Unfortunately it is not part of {event_name}.",
    ),
    "canceled": _text(
        "Your session {session_name} for {event_name} is canceled",
        "Your session {session_name} at {event_name} was canceled.",
    ),
    "withdrawn": _text(
        "Your session {session_name} for {event_name} is withdrawn",
        "Your session {session_name} for {event_name} was withdrawn.",
    ),
}
