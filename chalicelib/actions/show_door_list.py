"""The list of a door, for devices that go on without a network: whole at first, then what has changed."""

import base64
import hashlib
import json
from dataclasses import replace
from typing import Any, Final

from chalicelib import clock
from chalicelib.actions.door_cursor import DoorCursor, cursor_in, number_of
from chalicelib.auth.roles import REGISTRARS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.resources.forms.custom_form.well_known import WELL_KNOWN
from chalicelib.resources.onsite.device_loader import DOOR
from chalicelib.resources.onsite.door_list import DoorList, ListRules
from chalicelib.resources.onsite.door_list_rows import page_of
from chalicelib.resources.onsite.door_marks import door_marks, followed_doors
from chalicelib.resources.onsite.door_view import SHOWN_FIELDS
from chalicelib.values.sealed_entries import FORMAT, salt_of
from chalicelib.values.ticket_codes import CONTEXT, PREFIX

MOST: Final = 5_000
# SQL: another text for each run of the server, database, table and restoration. Whoever restores a backup,
# fails over to a replica, or loads a dump starts a server or makes a table; numbers of transactions alone
# would soon have caught up with a cursor from before.
_EPOCH: Final = f"""concat_ws(' ', extract(epoch FROM pg_postmaster_start_time()),
    (SELECT oid FROM pg_database WHERE datname = current_database()), '{door_marks.name}'::regclass::oid,
    pg_relation_filenode('{door_marks.name}'), (SELECT max(id) FROM restorations))"""  # noqa: S608 - no user input
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
  'known_from', (SELECT door.known_from FROM {followed_doors.name} door WHERE door.event_id = event.id),
  'epoch', {_EPOCH},
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
    Before a device of the event was paired the list is whole each time.
    Otherwise whoever has an id in `entries` or `removed` is told wholly. An entry opens with the text of the
    ticket's code alone; `removed` has the lookup tags of codes that are void, with the gate's reason.
    docs/door.md has the format.
    """
    limit, sent = number_of(context, "limit", 1, MOST) or MOST, cursor_in(context)
    event = visible_to_team(context, "event", id, _EVENT, roles=REGISTRARS, capability=DOOR)
    known = json.loads(event.value)
    fields, forms, next_one = (known.pop(name) for name in ("fields", "forms", "next"))
    oldest, known_from, epoch = (known.pop(name) for name in ("oldest", "known_from", "epoch"))
    salt = salt_of(known["event"]["identifier"])
    version = _version(known, [epoch, *([fields, forms] if fields else [])])
    is_new = sent is None or sent.version != version or sent.base > next_one or sent.is_unfollowed
    is_followed = known_from is not None and oldest >= known_from
    at = DoorCursor(version, oldest if is_followed else 0)
    if sent is not None and not is_new:
        at = replace(at, since=sent.base) if sent.is_done else sent
    listed, after = _listed(context, event.id, known, fields, at, limit)
    return plain(
        {
            "format": FORMAT,
            "now": clock.now().isoformat(),
            **known,
            "salt": base64.b64encode(salt).decode(),
            "keys": {"prefix": PREFIX, "context": CONTEXT.decode(), "keys": known["keys"]},
            "reset": is_new,
            "entries": listed.entries,
            "removed": listed.removed,
            "cursor": replace(at, after=after or 0, is_done=after is None).text,
            "more": after is not None,
        },
        headers={"Cache-Control": "no-store"},
    )


def _listed(
    context: Context, event_id: int, known: dict[str, Any], fields: list[Any], at: DoorCursor, limit: int
) -> tuple[DoorList, int | None]:
    """The people behind the cursor, and the last one's id where there are more."""
    of_columns = any(field["identifier"] in WELL_KNOWN["attendee"] for field in fields)
    needs = (of_columns, bool(fields), bool(known["stations"]))
    page = page_of(
        context.session,
        event_id,
        after=at.after,
        limit=limit + 1,
        since=at.since or None,
        needs=needs,
        now=clock.now(),
    )
    salt = salt_of(known["event"]["identifier"])
    rules, listed = ListRules(salt, known["switches"]["former_code_accepted"], fields), DoorList()
    for person in page[:limit]:
        listed.include(person, rules)
    return listed, page[limit - 1].id if len(page) > limit else None


def _version(known: dict[str, Any], shown: list[Any]) -> str:
    """A hash of what all entries depend on: where it changes, the whole list is told anew."""
    text = json.dumps([known["event"]["identifier"], known["switches"], shown], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
