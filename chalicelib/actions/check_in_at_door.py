"""Check-ins at the door of an event: one scan with its verdict, or a batch of those that a device made
offline.
"""

import json
from typing import Any, Final

from chalicelib.actions.door_clocks import clock_in
from chalicelib.actions.door_requests import (
    MEMBERS,
    MEMBERS_OF_BATCH,
    MOST,
    at_gate_of,
    demand_place,
    scan_in,
    search_in,
)
from chalicelib.actions.plain_object import members_of
from chalicelib.actions.scan_bodies import objects_in
from chalicelib.auth.roles import REGISTRARS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.limits.limit import Exempt
from chalicelib.resources.onsite.device_loader import DOOR
from chalicelib.resources.onsite.door import check_in
from chalicelib.resources.onsite.door_device import device_that_asks
from chalicelib.resources.onsite.door_view import SHOWN_FIELDS, people
from chalicelib.resources.onsite.scan import DoorEvent, Scan, Verdict
from chalicelib.resources.orders.attendee.search import MATCHING, search_values
from chalicelib.values.zones import zone

_CREW: Final = "owner, organizers, coorganizers and registrars of the event, and its paired devices"
_MOST_CANDIDATES: Final = 10
_NO_LIMIT: Final = Exempt("for the event's crew and devices alone, who see its tickets; a door does not wait")
_EVENT: Final = f"json_build_object('zone', event.timezone, 'fields', {SHOWN_FIELDS})::text"
# Each of the people is [id, whether the name is only alike].
_PEOPLE: Final = f"ARRAY(SELECT json_build_array(person.id, person.is_alike) FROM ({MATCHING}) person)"  # noqa: S608
_EVENT_AND_PEOPLE: Final = (
    f"json_build_object('zone', event.timezone, 'fields', {SHOWN_FIELDS}, 'found', {_PEOPLE})::text"
)
_SCAN: Final = {
    "nonce": "5c2e8a-000017",
    "code": "3f0d2d5e-6c1c-4f0a-9d9e-0c8f6a3b2a10-5c2e8a",
    "direction": "in",
    "device_time": "2026-11-28T09:02:11.250Z",
    "device_name": "Door 1",
    "force": False,
}
_OPTIONAL: Final = ("code", "direction", "device_time", "device_name", "force")
_PERSON: Final = {
    "id": "1",
    "name": "Ada Lovelace",
    "ticket": "Early bird 1",
    "order_reference": "20 exultant leopards strode intensely",
    "is_inside": True,
    "answers": [{"name": "Meal", "answer": "Vegan"}],
    "note": "Speaks at noon",
    "form_missing": False,
}
_RESULT: Final = {
    "nonce": "5c2e8a-000017",
    "admitted": True,
    "reason": "admitted",
    "detail": "The ticket admits.",
    "direction": "in",
    "since": None,
    "forced": False,
    "repeated": False,
    "conflict": False,
    "clock": "corrected",
    "attendee": _PERSON,
    "candidates": [_PERSON],
}
_MAYBE: Final = ("clock", "skew_ms", "since", "attendee", "order_reference", "note")


@action("POST", "/v1/events/{id}/check-ins", limited_by=(_NO_LIMIT,))
@documented(
    who=_CREW,
    request=_SCAN,
    optional=_OPTIONAL,
    response=_RESULT,
    optional_in_response=_MAYBE,
    errors=(400, 401, 403, 404, 413, 422),
)
def check_in_at_door(context: Context, id: str) -> Answer:
    """{nonce, code} -> whether the ticket admits, the reason, and what the person at the door needs to see.

    Instead of `code`, `attendee` is an id, and `search` a text as for the search of attendees: where it finds
    several, or only names that are alike, nobody is checked in, and `candidates` are who may be meant.
    Without `station` (or `room`: its station for the `direction`) it is the event's own door; `session` is
    one of the station's room, by default the present one. `force` lets in all the same, where docs/door.md
    says so. A `nonce` has one effect: sent again, the same scan gets the same verdict (`repeated`). A
    refusal is a verdict, with the status 200.
    """
    content = members_of(context, (*MEMBERS, "search"))
    text = search_in(content)
    values: list[object] = search_values(text, _MOST_CANDIDATES + 1) if text else []
    expression = _EVENT_AND_PEOPLE if text else _EVENT
    event = visible_to_team(context, "event", id, expression, values, roles=REGISTRARS, capability=DOOR)
    known = json.loads(event.value)
    scan = scan_in(content, "", sought=text, found=known.get("found", ()))
    (result,) = _results(context, event.id, known, [scan], [""])
    return plain(result)


@action("POST", "/v1/events/{id}/check-ins/batch", limited_by=(_NO_LIMIT,))
@documented(
    who=_CREW,
    request={
        "sent_at": "2026-11-28T09:10:00.000Z",
        "scans": [{**_SCAN, "offline": {"admitted": True, "reason": "admitted"}}],
    },
    optional=(*_OPTIONAL, "sent_at", "offline", "reason"),
    response={"results": [_RESULT], "received_at": "2026-11-28T09:10:00+00:00", "skew_ms": -120},
    optional_in_response=_MAYBE,
    errors=(400, 401, 403, 404, 413, 422),
)
def check_in_batch(context: Context, id: str) -> Answer:
    """{scans: [...]} -> {results: [...]}: up to 1,000 scans as for one check-in, without `search`.

    They are decided in the order of `device_time`, all in one transaction; the results are in the order
    of the scans. A body in which a scan is malformed is refused, and nothing is done. With `sent_at`, the
    device's time at sending, the times of scans are corrected by how far its clock is wrong (`clock`).
    `offline` is what the device has decided itself: whom it let in is inside, and where that is against the
    gate's reason it is a `conflict`, told by GET .../door-conflicts; whom it turned away has not come.
    """
    content = members_of(context, ("scans", "sent_at"))
    device_clock = clock_in(content)
    event = visible_to_team(context, "event", id, _EVENT, roles=REGISTRARS, capability=DOOR)
    sent = objects_in(content, MOST, MEMBERS_OF_BATCH)
    pointers = [f"/scans/{place}" for place in range(len(sent))]
    scans = [scan_in(each, at, device_clock=device_clock) for each, at in zip(sent, pointers, strict=True)]
    results = _results(context, event.id, json.loads(event.value), scans, pointers)
    return plain(
        {
            "results": results,
            "received_at": device_clock.now.isoformat(),
            "skew_ms": device_clock.skew_ms,
        }
    )


def _results(
    context: Context, event_id: int, known: dict[str, Any], scans: list[Scan], pointers: list[str]
) -> list[dict[str, Any]]:
    device = device_that_asks(context)
    if device is not None:
        scans = [at_gate_of(device, scan, at) for scan, at in zip(scans, pointers, strict=True)]
    for scan, at in zip(scans, pointers, strict=True):
        demand_place(scan, at)
    verdicts = check_in(context, DoorEvent(event_id, zone(known["zone"])), scans)
    ids = {verdict.attendee_id for verdict in verdicts if verdict.attendee_id is not None}
    ids |= {id for scan in scans for id in scan.candidates}
    seen = people(context.session, event_id, ids, known["fields"])
    return [_told(verdict, seen) for verdict in verdicts]


def _told(verdict: Verdict, seen: dict[int, dict[str, Any]]) -> dict[str, Any]:
    candidates = [seen[id] for id in verdict.scan.candidates[:_MOST_CANDIDATES] if id in seen]
    return {
        "nonce": verdict.scan.nonce,
        "admitted": verdict.was_let_in,
        "reason": verdict.reason,
        "detail": verdict.detail,
        "direction": verdict.direction,
        "since": verdict.since or None,
        "forced": verdict.is_forced,
        "repeated": verdict.is_replayed,
        "conflict": verdict.is_conflict,
        "clock": verdict.scan.clock or None,
        "attendee": seen.get(verdict.attendee_id or 0),
        "candidates": candidates if not verdict.is_replayed else [],
    }
