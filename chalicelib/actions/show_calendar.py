"""Shows an event's calendar, a feed that calendar applications subscribe to."""

from typing import Final

from chalicelib.calendar_file import MEDIA_TYPE
from chalicelib.docs.documented import documented
from chalicelib.feeds.answering import feed_answer
from chalicelib.feeds.ical import calendar
from chalicelib.feeds.my_schedule import shared_programme
from chalicelib.feeds.programme import Sessions, read
from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context

_NO_ACCOUNT: Final = "Login or User ID required"


@action("GET", "/v1/events/{event}.ics", lenient=True, shared=True)
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
    caller's own id, another one is 403), and `download` lets browsers save the file. With `token`, the
    secret of a personal feed, `my_schedule` shows the favorites of its owner to who is not signed in. UIDs
    are stable, and SEQUENCE grows with each change. A session that was on the programme and is canceled or
    withdrawn has STATUS:CANCELLED. Answers have an ETag.
    """
    shared = context.request.parameter("token") if _asked(context, "my_schedule") else None
    if shared is not None:
        told = shared_programme(context, event, shared, context.request.parameter("user_id"))
    elif _asked(context, "my_schedule"):
        if context.viewer.id is None:
            return plain({"error": _NO_ACCOUNT}, 401)
        if (context.request.parameter("user_id") or str(context.viewer.id)) != str(context.viewer.id):
            raise Problem(403, "The schedule of somebody else is theirs.", parameter="user_id")
        told = read(context, event, Sessions.SLOTS, context.viewer.id, cancelled=True)
    else:
        sessions = Sessions.SLOTS if _asked(context, "include_sessions") else Sessions.NONE
        told = read(context, event, sessions, cancelled=True)
    name = f"{told.identifier}-{told.name}-Calendar.ics" if _asked(context, "download") else ""
    return feed_answer(
        context,
        calendar(told).content(),
        MEDIA_TYPE,
        saved_as=name,
        secret=shared is not None,
        shared=told.is_public and not _asked(context, "my_schedule"),
    )


def _asked(context: Context, name: str) -> bool:
    return context.request.parameter(name) is not None
