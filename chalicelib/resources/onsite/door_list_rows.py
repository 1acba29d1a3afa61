"""The rows of a door's list: attendees of an event with their codes, their state, and where they are.

Pages are in the order of ids, of all who are worth listing, or of those who have changed since a transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.resources.onsite.door_marks import door_marks
from chalicelib.resources.orders.order import states

_ABANDONED: Final = states.listed((states.INITIALIZING, states.EXPIRED))
# Nobody has ever had the code of a seat whose order was not finished.
_ALL: Final = f"""
SELECT person.id FROM attendees person JOIN orders bought ON bought.id = person.order_id
WHERE person.event_id = $1::bigint AND person.id > $2::bigint AND bought.status NOT IN {_ABANDONED}
  AND $4::bigint IS NULL ORDER BY person.id LIMIT $3::int
"""  # noqa: S608 - no user input
_CHANGED: Final = f"""
SELECT attendee_id AS id FROM {door_marks.name} mark
WHERE mark.event_id = $1::bigint AND mark.changed_in >= $4::bigint AND mark.attendee_id > $2::bigint
ORDER BY mark.attendee_id LIMIT $3::int
"""  # noqa: S608 - no user input
_ROWS: Final = """
SELECT listed.id, person.id IS NOT NULL, bought.identifier, person.identifier,
  coalesce(bought.status, ''), person.deleted_at IS NOT NULL, coalesce(bought.is_test, FALSE),
  concat_ws(' ', person.firstname, person.lastname), person.ticket_id, coalesce(ticket.form_id, ''),
  person.attendee_notes, person.is_checked_in, person.is_checked_out, person.checkin_times,
  person.checkout_times, CASE WHEN $6::boolean THEN person.complex_field_values END,
  CASE WHEN $5::boolean THEN to_jsonb(person) END,
  (SELECT json_agg(json_build_array(code.identifier, code.text, code.void) ORDER BY code.id)
    FROM ticket_codes code WHERE code.attendee_id = listed.id),
  CASE WHEN $7::boolean THEN (SELECT json_agg(json_build_array(step.station_id,
      extract(epoch FROM step.created_at)::bigint, step.session_id) ORDER BY step.created_at, step.id)
    FROM (SELECT came.id, came.station_id, came.session_id, came.created_at FROM user_check_ins came
      WHERE came.ticket_holder_id = listed.id AND came.created_at > $8::timestamptz - interval '1 day'
      ORDER BY came.created_at DESC, came.id DESC LIMIT 10) step) END
FROM ({ids}) listed LEFT JOIN attendees person ON person.id = listed.id
LEFT JOIN orders bought ON bought.id = person.order_id
LEFT JOIN tickets ticket ON ticket.id = person.ticket_id
ORDER BY listed.id
"""


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """An attendee as the list needs them. Who was removed for good has an id alone.

    `codes` are (identifier, signed text, why it is void), oldest first; `steps` (station, Unix time,
    session).
    """

    id: int
    is_there: bool
    order: str | None
    identifier: str
    status: str
    is_removed: bool
    is_test: bool
    name: str
    ticket_id: int
    form: str
    note: str | None
    is_checked_in: bool
    is_checked_out: bool
    checkin_times: str | None
    checkout_times: str | None
    own: dict[str, Any] | None
    columns: dict[str, Any] | None
    codes: Sequence[tuple[str, str | None, str | None]] | None
    steps: Sequence[tuple[int, int, int | None]] | None


def page_of(
    session: Session,
    event_id: int,
    *,
    after: int,
    limit: int,
    since: int | None,
    needs: tuple[bool, bool, bool],
    now: object,
) -> list[ListedPerson]:
    """The next people: all, or those changed in a transaction at or after `since`.

    `needs`: whether answers to built-in fields, answers to own fields, and steps at stations are wanted.
    """
    columns, own, steps = needs
    statement = _ROWS.replace("{ids}", _ALL if since is None else _CHANGED)
    values = [event_id, after, limit, since, columns, own, steps, now]
    return [ListedPerson(*row) for row in db.fetch(session, statement, values)]
