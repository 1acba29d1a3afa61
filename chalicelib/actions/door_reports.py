"""Reports of an event's door for its crew: all scans, and conflicts of those that were decided offline."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib.actions.door_cursor import number_of
from chalicelib.auth.roles import REGISTRARS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.resources.onsite.door_report import MOST, conflicts_of, scans_of

_CREW: Final = "owner, organizers, coorganizers and registrars of the event"
_MOMENT: Final = "2031-05-03T07:00:00+00:00"
_SCAN: Final = {
    "id": "1",
    "nonce": "5c2e8a-000017",
    "at": _MOMENT,
    "received_at": _MOMENT,
    "direction": "in",
    "admitted": True,
    "reason": "already-in",
    "offline": True,
    "offline_reason": "admitted",
    "forced": False,
    "clock": "corrected",
    "device": "1",
    "device_name": "Door 1",
    "station": "1",
    "user": "1",
    "attendee": "1",
}
_MAYBE: Final = (
    *("direction", "reason", "offline_reason", "clock", "device", "device_name", "station", "user"),
    *("attendee", "before"),
)


@action("GET", "/v1/events/{id}/door-scans", query=("cursor", "limit"))
@documented(
    who=_CREW,
    response={"scans": [_SCAN], "cursor": "1", "more": False},
    optional_in_response=_MAYBE,
    errors=(400, 401, 403, 404),
)
def list_door_scans(context: Context, id: str) -> Answer:
    """All scans at the event's door, in the order of arrival; those after `cursor`, up to `limit` (1,000).

    `at` is the device's time, corrected; `admitted` what happened, `reason` what the gate says, and
    `offline_reason` what the device said.
    """
    return _told(context, id, "scans", scans_of)


@action("GET", "/v1/events/{id}/door-conflicts", query=("cursor", "limit"))
@documented(
    who=_CREW,
    response={
        "conflicts": [
            {
                "id": "1",
                "reason": "already-in",
                "attendee": {"id": "1", "name": "Ada Lovelace", "ticket": "Early bird 1"},
                "scan": _SCAN,
                "before": _SCAN,
            }
        ],
        "cursor": "1",
        "more": False,
    },
    optional_in_response=_MAYBE,
    errors=(400, 401, 403, 404),
)
def list_door_conflicts(context: Context, id: str) -> Answer:
    """Who was let in offline against the gate's `reason`, at which doors (`scan`, `before`), and when.

    `already-in`: two doors have let in one ticket. `cancelled`, `transferred`, `unpaid` and others are the
    gate's; `turned-away`: the device refused whom the gate had admitted, as it got no answer;
    `device-revoked`: scans of a revoked device, which have no effect. None is an error.
    """
    return _told(context, id, "conflicts", conflicts_of)


def _told(
    context: Context, id: str, name: str, rows: Callable[[Session, int, int, int], list[dict[str, Any]]]
) -> Answer:
    after, limit = number_of(context, "cursor", 0, 2**62), number_of(context, "limit", 1, MOST)
    event = visible_to_team(context, "event", id, roles=REGISTRARS)
    limit = MOST if limit is None else limit
    page = rows(context.session, event.id, after or 0, limit + 1)
    listed = page[:limit]
    cursor = listed[-1]["id"] if listed else str(after or 0)
    return plain({name: listed, "cursor": cursor, "more": len(page) > limit})
