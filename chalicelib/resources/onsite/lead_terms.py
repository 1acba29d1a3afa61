"""Terms of lead scanning: what an event hands over and what it tells its attendees of that, in versions; and
what each attendee has decided for all exhibitors.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import clock, db
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.model.markup import sanitize

MEMBERS: Final = ("is_enabled", "fields", "wording")
_LONGEST: Final = 1000

# What may be handed over -> SQL of it about `person`.
FIELDS: Final = MappingProxyType(
    {
        "name": "concat_ws(' ', person.firstname, person.lastname)",
        "email": "person.email",
        "company": "person.company",
        "job-title": "person.job_title",
        "phone": "person.phone",
        "work-phone": "person.work_phone",
        "work-address": "person.work_address",
        "city": "person.city",
        "country": "person.country",
        "website": "person.website",
        "linkedin": "person.linkedin",
        "twitter": "person.twitter",
        "github": "person.github",
    }
)
USUAL_FIELDS: Final = ("name", "company", "job-title", "email")
_NOW: Final = """
SELECT version, is_enabled, fields, wording FROM lead_settings WHERE event_id = $1
ORDER BY version DESC LIMIT 1
"""
_LOCK_EVENT: Final = "SELECT id FROM events WHERE id = $1 FOR NO KEY UPDATE"
_SET: Final = """
INSERT INTO lead_settings (event_id, version, is_enabled, fields, wording, since)
SELECT $1, coalesce(max(former.version), 0) + 1, $2, $3::jsonb, $4, $5
FROM lead_settings former WHERE former.event_id = $1 RETURNING version, is_enabled, fields, wording
"""
_DECIDE: Final = """
INSERT INTO lead_consents (attendee_id, is_given, decided_at, version) VALUES ($1, $2, $3, $4)
ON CONFLICT (attendee_id) DO UPDATE SET is_given = excluded.is_given, decided_at = excluded.decided_at,
  version = excluded.version
"""
# Its note and rating are about a person who wants to be none of it any more.
_WITHDRAW: Final = """
UPDATE leads SET withdrawn_at = $2, note = NULL, rating = NULL
WHERE attendee_id = $1 AND withdrawn_at IS NULL AND ($3::bigint IS NULL OR id = $3::bigint) RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """A version of an event's settings; 0 before there are any."""

    version: int = 0
    is_enabled: bool = False
    fields: tuple[str, ...] = USUAL_FIELDS
    wording: str = ""

    def document(self) -> dict[str, Any]:
        """As clients read it."""
        return {
            "is_enabled": self.is_enabled,
            "fields": [*self.fields],
            "wording": self.wording,
            "version": self.version,
        }


def terms_of(session: Session, event_id: int) -> Terms:
    """The event's settings as they are."""
    rows = db.fetch(session, _NOW, [event_id])
    return _terms(rows[0]) if rows else Terms()


def terms_with(content: Mapping[str, Any], former: Terms) -> Terms:
    """The former terms with what the content says instead. Raises Problem 422."""
    is_enabled = content.get("is_enabled", former.is_enabled)
    if not isinstance(is_enabled, bool):
        raise invalid("is_enabled is true or false.", "/is_enabled")
    wording = content.get("wording", former.wording) or ""
    if not isinstance(wording, str) or len(wording) > _LONGEST:
        raise invalid(f"wording is a text of at most {_LONGEST:,} characters.", "/wording")
    wording = sanitize(wording) or ""
    if is_enabled and not wording:
        raise invalid("Say what attendees consent to.", "/wording")
    return Terms(former.version, is_enabled, _fields_in(content, former), wording)


def _fields_in(content: Mapping[str, Any], former: Terms) -> tuple[str, ...]:
    if "fields" not in content:
        return former.fields
    fields = content["fields"]
    if not isinstance(fields, list) or not fields:
        raise invalid(f"fields is a list of {', '.join(FIELDS)}.", "/fields")
    for place, field in enumerate(fields):
        if not isinstance(field, str) or field not in FIELDS:
            raise invalid(f"This is none of {', '.join(FIELDS)}.", f"/fields/{place}")
    return tuple(dict.fromkeys(fields))


def set_terms(session: Session, event_id: int, terms: Terms) -> Terms:
    """Make these the event's settings, in a version of their own."""
    db.enqueue(session, _LOCK_EVENT, [event_id])
    values = [event_id, terms.is_enabled, json.dumps([*terms.fields]), terms.wording, clock.now()]
    return _terms(db.fetch(session, _SET, values)[0])


def decide(session: Session, attendee_id: int, terms: Terms, *, is_given: bool) -> None:
    """Store what the attendee, who is locked, has decided for all exhibitors; a refusal ends their leads."""
    db.fetch(session, _DECIDE, [attendee_id, is_given, clock.now(), terms.version])
    if not is_given:
        withdraw(session, attendee_id)


def withdraw(session: Session, attendee_id: int, lead_id: int | None = None) -> bool:
    """End this lead of the attendee, who is locked, or all of them. Whether there was one."""
    return bool(db.fetch(session, _WITHDRAW, [attendee_id, clock.now(), lead_id]))


def _terms(row: Sequence[Any]) -> Terms:
    version, is_enabled, fields, wording = row
    return Terms(version, is_enabled, tuple(fields), wording)
