"""Codes at the door: whose ticket a scanned text is.

The former texts are the order's identifier, a dash, and the attendee's identifier, as the API tells it, or
its id, as the organizer app builds it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db

_FORMER: Final = """
SELECT sent.text, holder.id FROM unnest($1::text[], $2::text[], $3::text[]) sent (text, bought, holder)
CROSS JOIN LATERAL (
  SELECT person.id FROM orders bought JOIN attendees person ON person.order_id = bought.id
  WHERE bought.identifier = sent.bought AND sent.holder IN (person.identifier, person.id::text)
  ORDER BY person.identifier = sent.holder DESC, person.deleted_at IS NULL DESC LIMIT 1
) holder
"""


@dataclass(frozen=True, slots=True)
class ResolvedCode:
    """Whose ticket it is, if anybody's, and the reason why this code is void, or ""."""

    attendee_id: int | None
    void: str = ""


def resolve(session: Session, event_id: int, texts: Collection[str]) -> dict[str, ResolvedCode]:
    """By text, whose tickets these are, also of other events and cancelled ones."""
    former = [(text, *_parts(text)) for text in texts]
    if not former:
        return {}
    columns = [[*column] for column in zip(*former, strict=True)]
    return {text: ResolvedCode(id) for text, id in db.fetch(session, _FORMER, columns)}


def _parts(text: str) -> tuple[str, str]:
    order, _, person = text.strip().lower().rpartition("-")
    return order, person
