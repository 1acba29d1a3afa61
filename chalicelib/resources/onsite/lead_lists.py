"""Lists of leads: an exhibitor's, with what it is handed of each, and an attendee's, with who has scanned
them.

What is handed over is read when it is asked for: of the fields agreed to, those that the event still hands
over.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import clock, db
from chalicelib.resources.onsite.lead_terms import FIELDS, Terms

LONGEST_NOTE: Final = 1000
MOST_STARS: Final = 5
_DECIDED: Final = """
SELECT consent.is_given, consent.decided_at, said.wording, said.fields FROM lead_consents consent
JOIN attendees person ON person.id = consent.attendee_id
LEFT JOIN lead_settings said ON said.event_id = person.event_id AND said.version = consent.version
WHERE consent.attendee_id = $1
"""
_OF_ATTENDEE: Final = """
SELECT lead.id, exhibitor.name, lead.scanned_at, lead.consented_at, said.wording, said.fields
FROM leads lead JOIN exhibitors exhibitor ON exhibitor.id = lead.exhibitor_id
JOIN lead_settings said ON said.event_id = exhibitor.event_id AND said.version = lead.version
WHERE lead.attendee_id = $1 AND lead.withdrawn_at IS NULL ORDER BY lead.id
"""
_VALUES: Final = ", ".join(f"'{name}', nullif({value}, '')" for name, value in FIELDS.items())
_OF_EXHIBITOR: Final = f"""
SELECT lead.id, lead.scanned_at, lead.consented_at, lead.note, lead.rating, ticket.name, said.fields,
  jsonb_build_object({_VALUES})
FROM leads lead JOIN attendees person ON person.id = lead.attendee_id AND person.deleted_at IS NULL
JOIN tickets ticket ON ticket.id = person.ticket_id
JOIN lead_settings said ON said.event_id = person.event_id AND said.version = lead.version
WHERE lead.exhibitor_id = $1 AND lead.withdrawn_at IS NULL AND lead.id > $2
  AND ($3::bigint[] IS NULL OR lead.id = ANY ($3::bigint[]))
ORDER BY lead.id LIMIT $4
"""  # noqa: S608 - no user input
_NOTE: Final = """
UPDATE leads SET note = $3, rating = $4, noted_at = $5
WHERE id = $1 AND exhibitor_id = $2 AND withdrawn_at IS NULL RETURNING id
"""
_FORGET: Final = "DELETE FROM leads WHERE id = $1 AND exhibitor_id = $2 RETURNING id"


def decision_of(session: Session, attendee_id: int) -> dict[str, Any]:
    """What the attendee has decided, when, having read what, and who has scanned them."""
    decided = db.fetch(session, _DECIDED, [attendee_id])
    given, at, wording, fields = decided[0] if decided else (None, None, None, None)
    return {
        "consent": given,
        "decided_at": at and at.isoformat(),
        "wording": wording,
        "fields": fields,
        "leads": [
            {
                "id": str(id),
                "exhibitor": name,
                "scanned_at": scanned_at.isoformat(),
                "consented_at": consented_at.isoformat(),
                "wording": said,
                "fields": agreed,
            }
            for id, name, scanned_at, consented_at, said, agreed in db.fetch(
                session, _OF_ATTENDEE, [attendee_id]
            )
        ],
    }


def leads_of(
    session: Session,
    exhibitor_id: int,
    terms: Terms,
    *,
    after: int = 0,
    most: int,
    ids: Sequence[int] | None = None,
) -> list[dict[str, Any]]:
    """The exhibitor's leads after this id, with what was agreed to and is still handed over."""
    values = [exhibitor_id, after, None if ids is None else [*ids], most]
    return [
        {
            "id": str(id),
            "scanned_at": scanned_at.isoformat(),
            "consented_at": consented_at.isoformat(),
            "note": note,
            "rating": rating,
            "ticket": ticket,
            "person": {name: person[name] for name in agreed if name in terms.fields},
        }
        for id, scanned_at, consented_at, note, rating, ticket, agreed, person in db.fetch(
            session, _OF_EXHIBITOR, values
        )
    ]


def annotate(session: Session, exhibitor_id: int, lead_id: int, note: str | None, rating: int | None) -> bool:
    """Note this about the exhibitor's lead. Whether it has such a lead."""
    return bool(db.fetch(session, _NOTE, [lead_id, exhibitor_id, note, rating, clock.now()]))


def forget(session: Session, exhibitor_id: int, lead_id: int) -> bool:
    """Delete the exhibitor's lead. Whether it had such a lead."""
    return bool(db.fetch(session, _FORGET, [lead_id, exhibitor_id]))
