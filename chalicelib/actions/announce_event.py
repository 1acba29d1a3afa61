"""Announces an event to the followers of its group by email, once."""

from typing import Final

from chalicelib import clock, signals
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import forbidden, not_found
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http import delivery
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.policy import is_owner, staff
from chalicelib.jsonapi.rights.verdicts import demand
from chalicelib.jsonapi.write.changing import lock_visible
from chalicelib.limits.declared import ANNOUNCEMENTS
from chalicelib.resources.events.event.event import Event

_OWNER: Final = is_owner("user_id") | staff
_DONE: Final = {"success": True, "message": "The followers of the group are being mailed."}


@action(
    "GET", "/v1/groups/{id}/events/{event}/announce", lenient=True, limited_by=(ANNOUNCEMENTS,), acts=True
)
@documented(
    who="the group's owner",
    path={"event": "1"},
    response=_DONE,
    errors=(400, 401, 403, 404),
)
def announce_event_by_get(context: Context, id: str, event: str) -> Answer:
    """The same as POST, for existing clients. It is done once, however often it is asked for."""
    answer = _announced(context, id, event)
    answer.headers["Cache-Control"] = delivery.NEVER
    return answer


@action("POST", "/v1/groups/{id}/events/{event}/announce", limited_by=(ANNOUNCEMENTS,))
@documented(
    who="the group's owner",
    path={"event": "1"},
    response=_DONE,
    errors=(400, 401, 403, 404),
)
def announce_event(context: Context, id: str, event: str) -> Answer:
    """{success, message}: every follower of the group is mailed about the event, in the background.

    403 unless the event is published and public, has not ended, belongs to the group and was not announced
    before. Raises Problem 401, 403, 404.
    """
    return _announced(context, id, event)


def _announced(context: Context, group_id: str, event_id: str) -> Answer:
    groups, events = context.registry["group"], context.registry["event"]
    if not is_number(group_id):
        raise not_found(f"There is no group {group_id}.")
    group = lock_visible(context, groups, group_id)
    demand(context, groups, group, _OWNER, "The group's owner announces its events.")
    event: Event = lock_visible(context, events, event_id)
    if event.group_id != group.id:
        raise forbidden("This event does not belong to the group.")
    if event.is_announced:
        raise forbidden("This event was announced already.")
    if event.state != "published" or event.ends_at <= clock.now():
        raise forbidden("This event has ended, or is a draft.")
    if event.privacy != "public":
        raise forbidden("This event is private: followers of the group are not told of it.")
    event.is_announced = True
    signals.emit(
        context.session, "event.announced", id=event.id, group_id=group.id, viewer_id=context.viewer.id
    )
    return plain(_DONE)
