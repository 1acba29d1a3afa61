"""Personal feeds: the favorite sessions of who has made the feed's address, and nothing else of them.

What everybody sees is shown: sessions of the programme, of published events. One statement finds the feed by
its secret, asks whether its owner's account is alive, and reads the sessions.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from chalicelib import db
from chalicelib.auth.viewer import Kind
from chalicelib.calendar_file import CalendarFile
from chalicelib.feeds.ical import occasions
from chalicelib.feeds.programme import (
    Programme,
    Sessions,
    programme_in,
    programme_sql,
    published_in,
    visible_by_key,
)
from chalicelib.jsonapi.ground.errors import Problem, not_found
from chalicelib.jsonapi.ground.sql import Row, text_of
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.jsonapi.rights.visibility import listed_where, visible_where
from chalicelib.resources.identifiers import hash_of
from chalicelib.resources.people.user.schedule_feeds import OWNER, OWNERS

_NAME: Final = "My schedule"
_UTC: Final = "UTC"  # of a calendar with several events
_MOST_EVENTS: Final = 200  # the latest ones
_LONGEST_SECRET: Final = 200
# Of one event: whoever has the feed was told its identifier. Of all: those that everybody finds.
_READ: Final = """
SELECT feed.event_id IS NOT NULL, (
  SELECT coalesce(json_agg({told} ORDER BY event.starts_at, event.id), '[]') FROM (
    SELECT event.* FROM events event WHERE event.id = ANY(ARRAY(
      SELECT feed.event_id WHERE feed.event_id IS NOT NULL
      UNION SELECT talk.event_id FROM user_favourite_sessions favorite
      JOIN sessions talk ON talk.id = favorite.session_id
      WHERE feed.event_id IS NULL AND favorite.user_id = feed.user_id
    )) AND CASE WHEN feed.event_id IS NOT NULL THEN {seen} ELSE {listed} END
    ORDER BY event.starts_at DESC, event.id DESC LIMIT {most}
  ) event
) FROM {owners} AND feed.hash = $1
"""


def my_schedule(context: Context, secret: str) -> CalendarFile:
    """The calendar of the feed with this secret. Raises Problem 404 for one that is unknown or withdrawn."""
    rows = db.fetch(context.session, _statement(context.registry), [hash_of(secret)])
    if len(secret) > _LONGEST_SECRET or not rows:
        raise _withdrawn()
    is_of_one, told = rows[0]
    programmes = [programme_in(event) for event in told]
    if is_of_one and not programmes:
        raise _withdrawn()
    return _calendar(programmes, is_of_one=is_of_one)


def shared_programme(context: Context, key: str, secret: str, user_id: str | None) -> Programme:
    """The event with the favorites of the owner of this secret, who is `user_id` if that is given.

    Raises Problem 404 for a secret that is unknown, withdrawn or for another event.
    """
    told = programme_sql(context.registry, Sessions.SLOTS, OWNER, cancelled=True)
    asked = f"CASE WHEN {OWNER} IS NOT NULL THEN json_build_object('owner', {OWNER}, 'told', {told}) END"
    value: Any = visible_by_key(context, key, asked, [hash_of(secret)]).value
    if value is None or (user_id and str(value["owner"]) != user_id):
        raise Problem(404, "This feed is unknown or was withdrawn.", parameter="token")
    return published_in(value["told"], f"There is no calendar of the event {key}.")


@lru_cache(maxsize=4)
def _statement(registry: Registry) -> str:
    seen = visible_where(registry, "event", Row("event", identified=True), Kind.NOBODY)
    return _READ.format(
        told=programme_sql(registry, Sessions.SLOTS, "feed.user_id", cancelled=True),
        seen=text_of(seen),
        listed=text_of(listed_where(registry, "event", Row("event"), Kind.NOBODY)),
        owners=OWNERS,
        most=_MOST_EVENTS,
    )


def _calendar(programmes: Sequence[Programme], *, is_of_one: bool) -> CalendarFile:
    sessions = [occasion for programme in programmes for occasion in occasions(programme, whole=False)]
    if is_of_one:
        return CalendarFile(programmes[0].name, "", programmes[0].timezone, sessions)
    return CalendarFile(_NAME, "", _UTC, sessions)


def _withdrawn() -> Problem:
    return not_found("This feed is unknown or was withdrawn.")
