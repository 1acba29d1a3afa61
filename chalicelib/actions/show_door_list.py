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
from chalicelib.resources.onsite.door_marks import EPOCH, KNOWN_FROM, OLDEST
from chalicelib.resources.onsite.door_view import SHOWN_FIELDS
from chalicelib.resources.onsite.station import CHECK_IN, CHECK_OUT
from chalicelib.values.sealed_entries import FORMAT, salt_of
from chalicelib.values.ticket_codes import CONTEXT, PREFIX

MOST: Final = 5_000
_CONTENT: Final = 2  # counts what entries contain: another number, and all are told anew
# On the programme since yesterday ($4), in rooms that are entered or left through a station.
_SESSIONS: Final = f"""(
  SELECT coalesce(json_agg(json_build_array(told.id::text, told.starts_at, told.ends_at, told.rooms)
    ORDER BY told.starts_at, told.id), '[]')
  FROM (
    SELECT talk.id, talk.starts_at, talk.ends_at, ARRAY(
      SELECT DISTINCT place.microlocation_id::text FROM stations place
      WHERE place.event_id = event.id AND place.station_type IN ('{CHECK_IN}', '{CHECK_OUT}')
        AND (place.microlocation_id = talk.microlocation_id OR place.microlocation_id IN (
          SELECT link.microlocation_id FROM sessions_microlocations link WHERE link.session_id = talk.id))
      ORDER BY 1) AS rooms
    FROM sessions talk WHERE talk.event_id = event.id AND talk.deleted_at IS NULL
      AND talk.state IN ('accepted', 'confirmed') AND talk.starts_at IS NOT NULL
      AND talk.ends_at >= $4::timestamptz - interval '1 day'
  ) told WHERE told.rooms <> '{{}}')"""  # noqa: S608 - no user input
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
  'sessions', {_SESSIONS},
  'keys', (SELECT coalesce(json_agg(json_build_object('id', key.id, 'public_key', key.public_key)
    ORDER BY key.id), '[]') FROM ticket_keys key WHERE key.event_id = event.id),
  'fields', {SHOWN_FIELDS},
  'forms', (SELECT coalesce(json_object_agg(kind.id, kind.form_id), '{{}}') FROM tickets kind
    WHERE kind.event_id = event.id AND kind.form_id IS NOT NULL),
  'known_from', {KNOWN_FROM}, 'epoch', {EPOCH}, 'oldest', {OLDEST},
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
        "sessions": [["1", _MOMENT, _MOMENT, ["1"]]],
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
    now = clock.now()
    event = visible_to_team(context, "event", id, _EVENT, [now], roles=REGISTRARS, capability=DOOR)
    known = json.loads(event.value)
    fields, forms, next_one = (known.pop(name) for name in ("fields", "forms", "next"))
    oldest, known_from, epoch = (known.pop(name) for name in ("oldest", "known_from", "epoch"))
    salt = salt_of(known["event"]["identifier"])
    version = _version(known, [_CONTENT, epoch, *([fields, forms] if fields else [])])
    is_new = sent is None or sent.version != version or sent.base > next_one or sent.is_unfollowed
    is_followed = known_from is not None and oldest >= known_from
    at = DoorCursor(version, oldest if is_followed else 0)
    if sent is not None and not is_new:
        at = replace(at, since=sent.base) if sent.is_done else sent
    listed, after = _listed(context, event.id, known, fields, at, limit)
    return plain(
        {
            "format": FORMAT,
            "now": now.isoformat(),
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
