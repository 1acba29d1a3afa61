"""Schedule conflicts in words, with times in the event's zone, for refusals and warnings."""

from datetime import datetime
from typing import NamedTuple

from chalicelib.resources.programme.session import conflict_search as search
from chalicelib.resources.programme.session.conflict_search import Found
from chalicelib.values.zones import local, zone


class EventTimes(NamedTuple):
    """The event's own time and zone."""

    starts_at: datetime
    ends_at: datetime
    zone_name: str

    def said(self, starts_at: datetime, ends_at: datetime) -> str:
        """The time in the event's zone, such as "2030-05-01 10:00 to 10:45", with the day of a later end."""
        begins, ends = (local(moment, zone(self.zone_name)) for moment in (starts_at, ends_at))
        end = f"{ends:%H:%M}" if begins.date() == ends.date() else f"{ends:%Y-%m-%d %H:%M}"
        return f"{begins:%Y-%m-%d %H:%M} to {end}"


def said(rule: EventTimes, found: Found) -> tuple[str, str]:
    """A sentence, and the pointer into the document of a session."""
    at = ""
    if found.starts_at is not None and found.ends_at is not None:
        at = f"{rule.said(found.starts_at, found.ends_at)} ({rule.zone_name})"
    time, room, speakers = (
        "/data/attributes/starts-at", "/data/relationships/microlocation", "/data/relationships/speakers",
    )  # fmt: skip
    match found.kind:
        case search.OUTSIDE:
            own = rule.said(rule.starts_at, rule.ends_at)
            return f"The event is from {own}: no session is outside of it.", time
        case search.ROOM:
            return f"The room {found.room} is taken: {found.other}, {at}.", room
        case search.CLOSED:
            return f"The room {found.room} is not available at that time.", room
        case search.BREAK:
            return f"There is a break then: {found.name}, {at}.", time
        case search.FULL:
            return f"More people are expected than there is room for in {found.room}.", room
        case search.SPEAKER:
            return f"{found.name} speaks elsewhere: {found.other}, {at}.", speakers
        case _:
            return f"{found.name} is not available at that time.", speakers
