"""Door overview of an event, for screens that poll: who has come, by kind of ticket, gate and hour."""

import hashlib
import json
import re
from typing import Final

from chalicelib.actions.show_sales_over_time import day_parameter
from chalicelib.auth.roles import REGISTRARS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer, Request, json_text
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.resources.onsite.device_loader import DOOR
from chalicelib.resources.onsite.overview import POLLED

# What it shows besides people, the oldest transaction going on (0: changes are not marked), and the body.
_TAG: Final = re.compile(r'W/"([0-9a-f]{32})\.([0-9]{1,18})\.([0-9a-f]{16})"')
_PEOPLE: Final = {"sold": 120, "came": 84, "inside": 71}
_BOTH: Final = {"in": 84, "out": 13}


@action("GET", "/v1/events/{id}/door-overview", query=("day",))
@documented(
    who="owner, organizers, coorganizers and registrars of the event, and its paired devices",
    response={
        "event": {
            "id": "1",
            "name": "Example Days",
            "timezone": "Europe/Berlin",
            "starts_at": "2031-05-03T07:00:00+00:00",
            "ends_at": "2031-05-04T16:00:00+00:00",
        },
        "total": _PEOPLE,
        "kinds": [{"id": "1", "name": "Early bird 1", **_PEOPLE}],
        "gates": [{"station": "1", "name": "Front desk", "kind": "registration", **_BOTH}],
        "days": [{"day": "2031-05-03", **_BOTH}],
        "day": "2031-05-03",
        "hours": [{"hour": 9, **_BOTH}],
    },
    optional_in_response=("station", "name", "kind", "day"),
    errors=(400, 401, 403, 404),
)
def show_door_overview(context: Context, id: str) -> Answer:
    """{event, total, kinds, gates, days, day, hours}: how many were `sold`, `came`, and are `inside`.

    `sold` are tickets that admit; `came` those whose holders were checked in at the event's own door, or came
    to a station; `inside` those who have not left the event's own door. Gates are that door (`station` null)
    and the stations. `hours` are those of one day in the event's time zone: the query parameter `day`
    (YYYY-MM-DD), by default the last one on which somebody came or left. With If-None-Match the answer is
    304 while nothing has changed.
    """
    frame, transaction, body = _known(context.request)
    values = [day_parameter(context, "day"), frame, transaction or None]
    event = visible_to_team(context, "event", id, POLLED, values, roles=REGISTRARS, capability=DOOR)
    frame, transaction, overview = json.loads(event.value)
    if overview is None:
        return Answer(304, "", {"ETag": context.request.headers["if-none-match"].strip()})
    shown = hashlib.sha256(overview.encode()).hexdigest()[:16]
    tag = {"ETag": f'W/"{frame}.{transaction or 0}.{shown}"'}
    if shown == body:  # what has changed is not shown; the next one is compared with this answer
        return Answer(304, "", tag)
    answer = json_text(overview)
    answer.headers |= tag
    return answer


def _known(request: Request) -> tuple[str | None, int, str]:
    """What the poller's entity tag says, if it is one of ours: frame, transaction, and a hash of the body."""
    sent = _TAG.fullmatch(request.headers.get("if-none-match", "").strip())
    return (sent[1], int(sent[2]), sent[3]) if sent else (None, 0, "")
