"""State machine of bulk mails: which move leads from which states to which."""

from dataclasses import dataclass
from typing import Final

from chalicelib.jsonapi.ground.errors import conflict

DRAFT: Final = "draft"
HELD: Final = "held"
APPROVED: Final = "approved"
SENDING: Final = "sending"
SENT: Final = "sent"
CANCELLED: Final = "cancelled"
STATES: Final = (DRAFT, HELD, APPROVED, SENDING, SENT, CANCELLED)


@dataclass(frozen=True, slots=True)
class Move:
    """What somebody does with a mail. `stamp` is the column that says when."""

    name: str
    former: tuple[str, ...]
    state: str
    stamp: str = ""


SUBMIT: Final = Move("submitted", (DRAFT,), HELD, "submitted_at")
APPROVE: Final = Move("approved", (HELD,), APPROVED, "approved_at")
REOPEN: Final = Move("reopened", (HELD, APPROVED), DRAFT)
SEND: Final = Move("sent", (APPROVED,), SENDING, "began_at")
CANCEL: Final = Move("cancelled", (DRAFT, HELD, APPROVED, SENDING), CANCELLED, "ended_at")
END: Final = Move("completed", (SENDING,), SENT, "ended_at")


def demand(move: Move, state: str) -> None:
    """Raises Problem 409 unless the move begins in this state."""
    if state not in move.former:
        allowed = " or ".join(move.former)
        raise conflict(f"This mail is {state}: one that is {allowed} can be {move.name}.")
