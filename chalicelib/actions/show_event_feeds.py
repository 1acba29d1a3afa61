"""Shows an event's programme as feeds: xCal, schedule.xml, schedule.json; and the event as JSON-LD."""

from typing import Final

from chalicelib.docs.documented import documented
from chalicelib.feeds import flat_xcal, json_ld, schedule_json, schedule_xml, xcal
from chalicelib.feeds.answering import feed_answer
from chalicelib.feeds.ical import calendar
from chalicelib.feeds.programme import Sessions, read
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context

_WHO: Final = "everybody who sees the event"
_XCAL: Final = xcal.MEDIA_TYPE.partition(";")[0]


@action("GET", "/v1/events/{event}.xcs", shared=True)
@documented(
    who=_WHO,
    open=True,
    path={"event": "1"},
    media_type=flat_xcal.MEDIA_TYPE,
    others=(xcal.MEDIA_TYPE,),
    errors=(400, 401, 404),
)
def show_xcal(context: Context, event: str) -> Answer:
    """The accepted and confirmed sessions that have times as frab's xCal, an element for each property.

    What was on the programme, and is canceled or withdrawn, has the status CANCELLED. With `Accept:
    application/calendar+xml` the event and its sessions are xCal by RFC 6321. `event` is an identifier or an
    id; drafts have no feed. Answers have an ETag.
    """
    if _XCAL in context.request.headers.get("accept", "").lower():
        told = read(context, event, Sessions.SLOTS, cancelled=True)
        return feed_answer(context, xcal.xcal(calendar(told)), xcal.MEDIA_TYPE, shared=told.is_public)
    told = read(context, event, Sessions.WHOLE, cancelled=True)
    return feed_answer(context, flat_xcal.flat_xcal(told), flat_xcal.MEDIA_TYPE, shared=told.is_public)


@action("GET", "/v1/events/{event}/schedule.xml", shared=True)
@documented(
    who=_WHO, open=True, path={"event": "1"}, media_type=schedule_xml.MEDIA_TYPE, errors=(400, 401, 404)
)
def show_schedule_xml(context: Context, event: str) -> Answer:
    """The programme as schedule.xml, which frab, pretalx and c3voc exchange; Pentabarf had it first.

    Days are those of the event's zone, rooms in their order. `guid` of a session stays. `event` is an
    identifier or an id; drafts have no feed. Answers have an ETag.
    """
    told = read(context, event, Sessions.WHOLE)
    content = schedule_xml.schedule_xml(told)
    return feed_answer(context, content, schedule_xml.MEDIA_TYPE, shared=told.is_public)


@action("GET", "/v1/events/{event}/schedule.json", shared=True)
@documented(
    who=_WHO, open=True, path={"event": "1"}, media_type=schedule_json.MEDIA_TYPE, errors=(400, 401, 404)
)
def show_schedule_json(context: Context, event: str) -> Answer:
    """The programme as schedule.json by the schema of c3voc, with the same sessions as schedule.xml."""
    told = read(context, event, Sessions.WHOLE)
    content = schedule_json.schedule_json(told)
    return feed_answer(context, content, schedule_json.MEDIA_TYPE, shared=told.is_public)


@action("GET", "/v1/events/{event}.jsonld")
@documented(who=_WHO, open=True, path={"event": "1"}, media_type=json_ld.MEDIA_TYPE, errors=(400, 401, 404))
def show_json_ld(context: Context, event: str) -> Answer:
    """The event with its open tickets as JSON-LD, in the vocabulary of schema.org, for search engines."""
    return feed_answer(context, json_ld.json_ld(context, event), json_ld.MEDIA_TYPE)
