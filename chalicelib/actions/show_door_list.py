"""The list of a door, for devices that go on without a network: whole at first, then what has changed."""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from chalicelib import clock
from chalicelib.auth.roles import REGISTRARS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import bad_parameter
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.resources.forms.custom_form.well_known import WELL_KNOWN
from chalicelib.resources.onsite.device_loader import DOOR
from chalicelib.resources.onsite.door_list import DoorList, ListRules
from chalicelib.resources.onsite.door_list_rows import page_of
from chalicelib.resources.onsite.door_view import SHOWN_FIELDS
from chalicelib.values.sealed_entries import FORMAT, salt_of
from chalicelib.values.ticket_codes import CONTEXT, PREFIX

MOST: Final = 5_000
_EVENT: Final = f"""(SELECT json_build_object(
  'event', json_build_object('id', event.id::text, 'identifier', event.identifier, 'name', event.name,
    'zone', event.timezone, 'starts_at', event.starts_at),
  'switches', json_build_object('ticket_code', event.ticket_code,
    'former_code_accepted', event.is_former_code_accepted),
  'kinds', (SELECT coalesce(json_agg(json_build_object('id', kind.id::text, 'name', kind.name,
    'admits_from', kind.admits_from, 'admits_until', kind.admits_until) ORDER BY kind.id), '[]')
    FROM tickets kind WHERE kind.event_id = event.id),
  'stations', (SELECT coalesce(json_agg(json_build_object('id', place.id::text, 'name', place.station_name,
    'type', place.station_type, 'room', place.microlocation_id::text, 'opens_at', place.opens_at,
    'capacity', place.capacity, 'tickets', ARRAY(SELECT link.ticket_id::text FROM stations_tickets link
      WHERE link.station_id = place.id ORDER BY 1)) ORDER BY place.id), '[]')
    FROM stations place WHERE place.event_id = event.id),
  'keys', (SELECT coalesce(json_agg(json_build_object('id', key.id, 'public_key', key.public_key)
    ORDER BY key.id), '[]') FROM ticket_keys key WHERE key.event_id = event.id),
  'fields', {SHOWN_FIELDS},
  'forms', (SELECT coalesce(json_object_agg(kind.id, kind.form_id), '{{}}') FROM tickets kind
    WHERE kind.event_id = event.id AND kind.form_id IS NOT NULL),
  'oldest', pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
  'next', pg_snapshot_xmax(pg_current_snapshot())::text::bigint)::text)"""  # noqa: S608 - no user input
_MOMENT: Final = "2031-05-03T07:00:00+00:00"
_ENTRY: Final = "AbWq0Yk1m2oX1s0m2N0w3kK0m9hQ0zvXWb1r0wB4Qx4b5wE="


@action("GET", "/v1/events/{id}/door-snapshot", query=("cursor", "limit"))
@documented(
    who="owner, organizers, coorganizers and registrars of the event, and its paired devices",
    response={
        "format": FORMAT,
        "now": _MOMENT,
        "event": {
            "id": "1",
            "identifier": "b8324ae2",
            "name": "Compiler Days",
            "zone": "Europe/Berlin",
            "starts_at": _MOMENT,
        },
        "salt": "q83vEjRWeJASNFZ4kBI0Vg==",
        "switches": {"ticket_code": "signed", "former_code_accepted": True},
        "kinds": [{"id": "1", "name": "Early bird 1", "admits_from": _MOMENT, "admits_until": _MOMENT}],
        "stations": [
            {
                "id": "1",
                "name": "Registration",
                "type": "registration",
                "room": "1",
                "opens_at": _MOMENT,
                "capacity": 200,
                "tickets": ["1"],
            }
        ],
        "keys": {
            "prefix": PREFIX,
            "context": CONTEXT.decode(),
            "keys": [{"id": 1, "public_key": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}],
        },
        "reset": True,
        "entries": [[1, _ENTRY]],
        "removed": [[2, "cancelled", "q83vEjRW"]],
        "cursor": "1.5d41402abc4b2a76.740.0.0",
        "more": False,
    },
    optional_in_response=("admits_from", "admits_until", "room", "opens_at", "capacity"),
    errors=(400, 401, 403, 404),
)
def show_door_snapshot(context: Context, id: str) -> Answer:
    """The list of who may come in, for a device that decides offline; with the `cursor` of the answer before,
    what has changed since then.

    While `more` is true, ask again at once with the new `cursor`; it is resumed there at any time. `limit`
    is the number of people in an answer, 5,000 by default and at most. `reset`: forget what you have first.
    Otherwise whoever has an id in `entries` or `removed` is told wholly. An entry opens with the text of the
    ticket's code alone; `removed` has the lookup tags of codes that are void, with the gate's reason.
    docs/door.md has the format.
    """
    limit, sent = _limit_in(context), _cursor_in(context)
    event = visible_to_team(context, "event", id, _EVENT, roles=REGISTRARS, capability=DOOR)
    known = json.loads(event.value)
    fields, oldest = known.pop("fields"), known.pop("oldest")
    salt = salt_of(known["event"]["identifier"])
    version = _version(known, fields)
    is_new = sent is None or sent.version != version or sent.base > known["next"]
    at = _Cursor(version, oldest) if sent is None or is_new else sent
    if at.is_done:
        at = _Cursor(version, oldest, at.base)
    needs = (
        any(field["identifier"] in WELL_KNOWN["attendee"] for field in fields),
        bool(fields),
        bool(known["stations"]),
    )
    page = page_of(
        context.session,
        event.id,
        after=at.after,
        limit=limit + 1,
        since=at.since or None,
        needs=needs,
        now=clock.now(),
    )
    rules, listed = ListRules(salt, known["switches"]["former_code_accepted"], fields), DoorList()
    for person in page[:limit]:
        listed.add(person, rules)
    has_more = len(page) > limit
    after = page[limit - 1].id if has_more else 0
    keys = {"prefix": PREFIX, "context": CONTEXT.decode(), "keys": known.pop("keys")}
    for name in ("forms", "next"):
        del known[name]
    return plain(
        {
            "format": FORMAT,
            "now": clock.now().isoformat(),
            **known,
            "salt": base64.b64encode(salt).decode(),
            "keys": keys,
            "reset": is_new,
            "entries": listed.entries,
            "removed": listed.removed,
            "cursor": _Cursor(version, at.base, at.since, after, is_done=not has_more).text,
            "more": has_more,
        },
        headers={"Cache-Control": "no-store"},
    )


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where an answer ended: `base` is the oldest transaction that was going on when the list was begun.

    `since` is that of the list before, or 0 for a whole list; `after` the last id. Once it is done, the next
    one has what transactions from `base` on have changed.
    """

    version: str
    base: int
    since: int = 0
    after: int = 0
    is_done: bool = False

    @property
    def text(self) -> str:
        """As clients get it."""
        return f"{FORMAT}.{self.version}.{self.base}.{self.since}.{'-' if self.is_done else self.after}"


def _cursor_in(context: Context) -> _Cursor | None:
    text = context.request.parameter("cursor")
    if text is None:
        return None
    parts = text.split(".")
    numbers = parts[2:]
    if len(parts) != 5 or not all(
        each.isascii() and each.isdigit() and len(each) < 19 for each in numbers[:2]
    ):
        raise bad_parameter("cursor", "This is no cursor of a door's list.")
    is_done = numbers[2] == "-"
    if not is_done and not (numbers[2].isascii() and numbers[2].isdigit() and len(numbers[2]) < 19):
        raise bad_parameter("cursor", "This is no cursor of a door's list.")
    version = parts[1] if parts[0] == str(FORMAT) else ""
    return _Cursor(version, int(numbers[0]), int(numbers[1]), 0 if is_done else int(numbers[2]), is_done)


def _limit_in(context: Context) -> int:
    text = context.request.parameter("limit")
    if text is None:
        return MOST
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) <= MOST):
        raise bad_parameter("limit", f"limit is a number from 1 to {MOST:,}.")
    return int(text)


def _version(known: dict[str, Any], fields: list[Any]) -> str:
    """A hash of what all entries depend on: where it changes, the whole list is told anew."""
    shown = [fields, known["forms"]] if fields else []
    text = json.dumps([known["event"]["identifier"], known["switches"], shown], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
