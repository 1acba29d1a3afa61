"""What the person at the door sees of somebody: name, kind of ticket, the answers that the organizer
marked, a note.

Addresses and what else the event knows are not among it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.resources.forms.custom_form.answer_text import answer_text
from chalicelib.resources.forms.custom_form.well_known import WELL_KNOWN, snake

# SQL about an event: the fields of the attendees' form that are shown at the door.
SHOWN_FIELDS: Final = """(
  SELECT coalesce(json_agg(json_build_object('name', field.name, 'identifier', field.field_identifier,
    'form', coalesce(field.form_id, '')) ORDER BY field.position, field.id), '[]')
  FROM custom_forms field WHERE field.event_id = event.id AND field.form = 'attendee'
    AND field.is_included AND field.is_shown_at_check_in AND NOT field.is_internal
)"""
_PEOPLE: Final = """
SELECT person.id, concat_ws(' ', person.firstname, person.lastname), ticket.name, bought.reference,
  person.attendee_notes, person.is_checked_in AND NOT person.is_checked_out, coalesce(ticket.form_id, ''),
  person.complex_field_values, CASE WHEN $3::boolean THEN to_jsonb(person) END,
  EXISTS (SELECT FROM form_requests wanted WHERE wanted.attendee_id = person.id AND wanted.state = 'asked')
FROM attendees person JOIN tickets ticket ON ticket.id = person.ticket_id
LEFT JOIN orders bought ON bought.id = person.order_id
WHERE person.event_id = $1::bigint AND person.id = ANY($2::bigint[])
"""


def people(
    session: Session, event_id: int, ids: Collection[int], fields: Sequence[Mapping[str, str]]
) -> dict[int, dict[str, Any]]:
    """The event's attendees with these ids, as the door shows them; `fields` are those of SHOWN_FIELDS."""
    if not ids:
        return {}
    of_columns = any(field["identifier"] in WELL_KNOWN["attendee"] for field in fields)
    rows = db.fetch(session, _PEOPLE, [event_id, [*ids], of_columns])
    return {row[0]: _person(row, fields) for row in rows}


def _person(row: Sequence[Any], fields: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    id, name, kind, reference, note, is_inside, form, own, columns, is_asked = row
    return {
        "id": str(id),
        "name": name,
        "ticket": kind,
        "order_reference": reference,
        "is_inside": is_inside,
        "answers": answers_of(fields, form, own, columns),
        "note": note,
        # They were asked to fill in their own form, and have not: the ticket admits all the same.
        "form_missing": is_asked,
    }


def answers_of(
    fields: Sequence[Mapping[str, str]],
    form: str,
    own: Mapping[str, Any] | None,
    columns: Mapping[str, Any] | None,
) -> list[dict[str, str]]:
    """The answers to the fields of this form: `own` by snake case, and `columns` of fields that are built
    in.
    """
    answers = []
    for field in fields:
        built_in = field["identifier"] in WELL_KNOWN["attendee"]
        answer = ((columns if built_in else own) or {}).get(snake(field["identifier"]))
        if field["form"] == form and answer not in (None, "", []):
            answers.append({"name": field["name"], "answer": answer_text(answer)})
    return answers
