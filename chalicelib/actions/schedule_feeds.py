"""Personal feeds: secret addresses of one's favorite sessions, made, listed, withdrawn and read."""

from typing import Final

from chalicelib.actions.account_requests import data, text
from chalicelib.calendar_file import MEDIA_TYPE
from chalicelib.docs.documented import SIGNED_IN, documented
from chalicelib.feeds.answering import feed_answer
from chalicelib.feeds.my_schedule import my_schedule
from chalicelib.feeds.programme import visible_by_key
from chalicelib.jsonapi.ground.errors import Problem, bad_document, not_found
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http import delivery
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.limit import Exempt
from chalicelib.resources.people.user import schedule_feeds

_OWN: Final = (Exempt("whoever asks is signed in, and the new address replaces their former one"),)
_UNGUESSABLE: Final = (
    Exempt("a secret has 256 random bits, and offices share the address that they ask from"),
)


@action("POST", "/v1/users/me/schedule-feeds", secret=True, limited_by=_OWN)
@documented(
    who=SIGNED_IN,
    request={"data": {"event": "1"}},
    response={"url": "https://api.example.org/v1/feeds/schedules/SECRET.ics", "event": "3d5ab9c8"},
    optional=("event",),
    optional_in_response=("event",),
    status=201,
    errors=(400, 401, 404, 413),
)
def make_schedule_feed(context: Context) -> Answer:
    """{data: {event}} -> {url} of a calendar with the caller's favorite sessions, which needs no sign-in.

    `event` is an identifier or an id; without it the feed is of all public events. The address is shown this
    once: whoever has it sees these favorites until it is withdrawn. A new one replaces the former one of the
    same event, or of all.
    """
    user_id, asked = context.demand_account(), data(context)
    for name in asked.keys() - {"event"}:
        raise bad_document(f"{name} is not known here: event is.", f"/data/{name}")
    event_id = identifier = None
    if asked.get("event") is not None:
        key = text(asked, "event", at="/data")
        try:
            row = visible_by_key(context, key, "event.identifier")
        except Problem as missing:
            raise not_found(missing.detail, "/data/event") from None
        event_id, identifier = row.id, row.value
    secret = schedule_feeds.issue(context.session, user_id, event_id)
    address = f"{context.request.api_address}/v1/feeds/schedules/{secret}.ics"
    return plain({"url": address, "event": identifier}, 201)


@action("GET", "/v1/users/me/schedule-feeds")
@documented(
    who=SIGNED_IN,
    response=[{"id": "1", "event": "3d5ab9c8", "created-at": "2031-05-03T09:00:00+00:00"}],
    optional_in_response=("event",),
    errors=(400, 401),
)
def list_schedule_feeds(context: Context) -> Answer:
    """The caller's feeds, without their addresses; `event` is null for the one of all events."""
    listed = schedule_feeds.feeds_of(context.session, context.demand_account())
    return plain(
        [
            {"id": str(id), "event": identifier, "created-at": since.isoformat()}
            for id, identifier, since in listed
        ],
        headers={"Cache-Control": delivery.NEVER},
    )


@action("DELETE", "/v1/users/me/schedule-feeds")
@documented(who=SIGNED_IN, response={"withdrawn": 1}, errors=(400, 401))
def withdraw_schedule_feeds(context: Context) -> Answer:
    """All of the caller's feeds end: their addresses answer 404. {withdrawn} says how many there were."""
    return plain({"withdrawn": schedule_feeds.withdraw(context.session, context.demand_account())})


@action("DELETE", "/v1/users/me/schedule-feeds/{id}")
@documented(who=SIGNED_IN, response={"withdrawn": 1}, errors=(400, 401, 404))
def withdraw_schedule_feed(context: Context, id: str) -> Answer:
    """One of the caller's feeds ends: its address answers 404."""
    user_id = context.demand_account()
    if not is_number(id) or not schedule_feeds.withdraw(context.session, user_id, int(id)):
        raise not_found(f"There is no feed {id} of yours.")
    return plain({"withdrawn": 1})


@action("GET", "/v1/feeds/schedules/{secret}.ics", reads_token=False, limited_by=_UNGUESSABLE)
@documented(
    who="whoever has the address",
    open=True,
    path={"secret": "FEED_SECRET"},
    media_type=MEDIA_TYPE,
    errors=(400, 404),
)
def show_my_schedule(context: Context, secret: str) -> Answer:
    """The favorite sessions of who has made this address, and nothing else of them, as an iCalendar file.

    404 once the address was withdrawn, and for a blocked or deleted account. Answers have an ETag.
    """
    return feed_answer(context, my_schedule(context, secret).content(), MEDIA_TYPE, secret=True)
