"""Shows an event's calendar, a feed that calendar applications subscribe to."""

from typing import Final

from chalicelib.calendar_file import MEDIA_TYPE
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import Problem, not_found
from chalicelib.jsonapi.ground.request import Answer, content_disposition, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.negotiation import unless_known
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.tasks.event_calendar import WITH_FAVORITES, WITH_SESSIONS, WITHOUT_SESSIONS, calendar

_NO_ACCOUNT: Final = "Login or User ID required"


@action("GET", "/v1/events/{event}.ics")
@documented(
    who="everybody who sees the event",
    open=True,
    path={"event": "1"},
    media_type=MEDIA_TYPE,
    errors=(400, 401, 403, 404),
)
def show_calendar(context: Context, event: str) -> Answer:
    """The event as an iCalendar file (RFC 5545). `event` is an identifier or an id; drafts have no calendar.

    These parameters count by being there: `include_sessions` adds the accepted and confirmed sessions that
    have times, `my_schedule` the caller's favorites among them (401 for nobody; `user_id` may repeat the
    caller's own id, another one is 403), and `download` lets browsers save the file. UIDs are stable, and
    SEQUENCE grows with each change. Answers have an ETag.
    """
    mine, values = _asked(context, "my_schedule"), []
    if mine:
        if context.viewer.id is None:
            return plain({"error": _NO_ACCOUNT}, 401)
        if (context.request.parameter("user_id") or str(context.viewer.id)) != str(context.viewer.id):
            raise Problem(403, "The schedule of somebody else is theirs.", parameter="user_id")
        values = [context.viewer.id]
    told = WITHOUT_SESSIONS
    if mine or _asked(context, "include_sessions"):
        told = WITH_FAVORITES if mine else WITH_SESSIONS
    named = context if event.isdecimal() else context.showing("event", event)
    row = visible(named, "event", event, told, values)
    if row.value["state"] != "published":
        raise not_found(f"There is no calendar of the event {event}.")
    found = calendar(row.value)
    answer = Answer(200, found.content().decode(), {"Content-Type": MEDIA_TYPE})
    if _asked(context, "download"):
        name = f"{row.value['identifier']}-{found.name}-Calendar.ics"
        answer.headers["Content-Disposition"] = content_disposition("attachment", name)
    return unless_known(context.request, answer)


def _asked(context: Context, name: str) -> bool:
    return context.request.parameter(name) is not None
