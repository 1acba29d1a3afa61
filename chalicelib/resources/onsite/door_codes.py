"""Codes at the door: whose ticket a scanned text is, and whether the code is still valid.

The former texts are the order's identifier, a dash, and the attendee's identifier, as the API tells it, or
its id, as the organizer app builds it. The signed ones are compared with what was signed: who verifies
offline needs the public key, and here nothing but the row, which also knows whether the code was replaced.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.resources.onsite.gate import REVOKED
from chalicelib.values.ticket_codes import PREFIX, read

# Once a code was replaced, the text with the id is void for good: it would be the same one.
_FORMER: Final = f"""
SELECT sent.text, holder.id, CASE WHEN NOT event.is_former_code_accepted THEN '{REVOKED}'
  WHEN holder.is_present AND EXISTS (SELECT FROM ticket_codes valid
    WHERE valid.attendee_id = holder.id AND valid.void IS NULL) THEN ''
  ELSE coalesce((SELECT past.void FROM ticket_codes past WHERE past.attendee_id = holder.id
    AND past.void IS NOT NULL ORDER BY past.identifier = sent.holder DESC, past.id DESC LIMIT 1), '') END
FROM unnest($1::text[], $2::text[], $3::text[]) sent (text, bought, holder)
CROSS JOIN LATERAL (
  SELECT person.id, person.event_id, person.identifier = sent.holder AS is_present
  FROM orders bought JOIN attendees person ON person.order_id = bought.id
  WHERE bought.identifier = sent.bought AND (sent.holder IN (person.identifier, person.id::text)
    OR EXISTS (SELECT FROM ticket_codes past
      WHERE past.attendee_id = person.id AND past.identifier = sent.holder))
  ORDER BY is_present DESC, person.deleted_at IS NULL DESC LIMIT 1
) holder
JOIN events event ON event.id = holder.event_id
"""  # noqa: S608 - no user input
_SIGNED: Final = """
SELECT sent.text, code.attendee_id, coalesce(code.void, '')
FROM unnest($1::text[], $2::bigint[], $3::text[]) sent (text, attendee_id, serial)
JOIN ticket_codes code ON code.attendee_id = sent.attendee_id AND code.serial = sent.serial
  AND code.text = sent.text
"""


@dataclass(frozen=True, slots=True)
class ResolvedCode:
    """Whose ticket it is, if anybody's, and the reason why this code is void, or ""."""

    attendee_id: int | None
    void: str = ""


def resolve(session: Session, texts: Collection[str]) -> dict[str, ResolvedCode]:
    """By text, whose tickets these are, also of other events and cancelled ones."""
    payloads = [(text, read(text)) for text in texts if text.startswith(PREFIX)]
    signed = [(text, said.attendee_id, said.serial) for text, said in payloads if said is not None]
    former = [(text, *_parts(text)) for text in texts if not text.startswith(PREFIX)]
    rows = []
    for statement, sent in ((_FORMER, former), (_SIGNED, signed)):
        if sent:
            rows += db.fetch(session, statement, [[*column] for column in zip(*sent, strict=True)])
    return {text: ResolvedCode(id, void) for text, id, void in rows}


def _parts(text: str) -> tuple[str, str]:
    order, _, person = text.strip().lower().rpartition("-")
    return order, person
