"""Gives an event another time zone while its clocks show the same: 10:00 stays 10:00."""

from typing import Any

from chalicelib.actions.plain_object import object_of
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.imports.writing import write
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.jsonapi.write.changing import lock_editable
from chalicelib.resources.events.event import local_times
from chalicelib.resources.value_fields import TimeZone


class _Zone(Schema):
    timezone = TimeZone(required=True)


@action("POST", "/v1/events/{id}/change-zone")
@documented(
    who="owner, organizers and coorganizers of the event",
    request={"timezone": "Europe/Lisbon"},
    response={"starts-at": "2099-12-13T09:00:00+00:00", "ends-at": "2099-12-15T18:00:00+00:00"},
    errors=(400, 401, 403, 404, 409, 413, 422),
)
def change_zone(context: Context, id: str) -> Answer:
    """{timezone} -> {starts-at, ends-at}: the event has another zone, and the same local times: its own,
    those of sessions and breaks, and availabilities of rooms and speakers. A PATCH of `timezone` keeps the
    moments instead.
    """
    event_id = visible_to_team(context, "event", id, roles=COORGANIZERS).id
    otherwise = "The body is {timezone}."
    zone = object_of(context, _Zone, otherwise=otherwise, members=otherwise)["timezone"]
    event: Any = lock_editable(context, context.registry["event"], str(event_id))
    former = local_times.current_offsets(event.timezone, event.starts_at, event.ends_at)
    shift = local_times.shift_between(former, zone)
    begins, ends = local_times.shift_span(shift, event.starts_at, event.ends_at)
    times = {"starts-at": begins.isoformat(), "ends-at": ends.isoformat()}
    write(context, "event", {"timezone": zone, **times}, {}, event_id)
    local_times.shift_rows(context.session, event_id, shift, context.viewer.id)
    return plain(times)
