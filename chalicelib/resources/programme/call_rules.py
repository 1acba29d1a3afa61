"""What calls for papers say of their submissions, whether an event's main call or one of its further ones."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Mapped

from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import attr
from chalicelib.resources.columns import FalseInDatabase
from chalicelib.resources.markup import RichText

CLOSED: Final = "closed"
UNTIL_ACCEPTED: Final = "until-accepted"
OPEN: Final = "open"
PRIVATE: Final = "private"
PRIVACIES: Final = [PRIVATE, "public"]
_MOST: Final = 1000


class CallWindow:
    """When a call takes submissions, and what it says."""

    announcement: Mapped[str | None] = attr(RichText)
    starts_at: Mapped[datetime] = attr(required=True)
    soft_ends_at: Mapped[datetime | None] = attr()
    ends_at: Mapped[datetime] = attr(required=True)


class CallRules:
    """Limits of a call, and what submitters may still do after its end. The defaults limit nothing."""

    # Submissions by one account, without drafts and withdrawn or canceled ones.
    max_submissions: Mapped[int | None] = attr(minimum=1, maximum=_MOST)
    # Whether a session counts for each of its speakers too, and not for whoever submits it alone.
    counts_co_speakers: Mapped[FalseInDatabase] = attr()
    max_speakers: Mapped[int | None] = attr(minimum=1, maximum=_MOST)
    edits_after_end: Mapped[str] = attr(
        choices=[CLOSED, UNTIL_ACCEPTED, OPEN], default=OPEN, server_default=OPEN
    )
    # Whether a session is confirmed only once nobody who was invited to speak there has yet to answer.
    co_speakers_must_accept: Mapped[FalseInDatabase] = attr()


def begin_before_ending(_context: Context, change: Change) -> None:
    """A call ends after it begins."""
    row: Any = change.row
    matters = change.is_new or {"starts_at", "ends_at"} & change.before.keys()
    if matters and row.starts_at >= row.ends_at:
        raise invalid("A call must end after it begins.", "/data/attributes/ends-at")
