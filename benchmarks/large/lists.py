"""The lists that clients ask for, by persona: those of tests/compatibility, and what the door asks."""

import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from chalicelib.jsonapi.ground.profiles import CURSOR_PAGINATION

VISITOR, BUYER, ORGANISER, DOOR, STAFF = "visitor", "buyer", "organiser", "door", "staff"
PERSONAS: Final = (VISITOR, BUYER, ORGANISER, DOOR, STAFF)
BY_CURSOR: Final = {"Accept": f'application/vnd.api+json; profile="{CURSOR_PAGINATION}"'}


@dataclass(frozen=True, slots=True)
class Asked:
    """One list. In path and filter `{event}` is a usual event, `{crowd}` that with a hundredth of all rows.

    `is_search`: by text, for which there is a limit in ms. `by_cursor`: keyset pages, which count nothing.
    """

    persona: str
    title: str
    path: str
    filter: Any = None
    is_search: bool = False
    by_cursor: bool = False

    def target(self, places: dict[str, object]) -> str:
        """The request's path with its query."""
        path, text = self.path, json.dumps(self.filter)
        for name, value in places.items():
            path, text = path.replace(f"{{{name}}}", str(value)), text.replace(f"{{{name}}}", str(value))
        if self.filter is None:
            return path
        return f"{path}{'&' if '?' in path else '?'}filter={quote(text)}"


def _is(name: str, value: object, op: str = "eq") -> dict[str, object]:
    return {"name": name, "op": op, "val": value}


def _like(name: str, part: str) -> dict[str, object]:
    return _is(name, f"%{part}%", "ilike")


def _any_of(*conditions: Any) -> dict[str, Any]:
    return {"or": list(conditions)}


def _people(part: str) -> list[dict[str, Any]]:
    return [
        {"name": "order", "op": "has", "val": _is("status", "completed")},
        _any_of(*(_like(name, part) for name in ("firstname", "lastname", "email"))),
    ]


_PUBLIC: Final = [_is("state", "published"), _is("privacy", "public")]
_UPCOMING: Final = _any_of(
    _is("starts-at", "{now}", "ge"), {"and": [_is("starts-at", "{now}", "le"), _is("ends-at", "{now}", "gt")]}
)
_ON_THE_PROGRAMME: Final = _any_of(_is("state", "confirmed"), _is("state", "accepted"))
_SPEAK: Final = _any_of(
    *({"name": "sessions", "op": "any", "val": _is("state", state)} for state in ("accepted", "confirmed"))
)
_TOPICS: Final = "event-topic,event-sub-topic,event-type"
_DECKS: Final = "include=user,order&page[number]=1&page[size]=10"
_TRASH: Final = "get_trashed=true"

LISTS: Final = (
    Asked(VISITOR, "events", "/v1/events?page[size]=20"),
    Asked(VISITOR, "events, by cursor", "/v1/events?page[size]=20", by_cursor=True),
    Asked(
        VISITOR,
        "featured events",
        f"/v1/events?include={_TOPICS},speakers-call&page[size]=6&sort=starts-at",
        [*_PUBLIC, _is("is-featured", True), _is("ends-at", "{now}", "ge")],
    ),
    Asked(
        VISITOR,
        "upcoming events",
        f"/v1/events?include={_TOPICS}&page[number]=1&page[size]=12&sort=starts-at",
        [*_PUBLIC, _UPCOMING],
    ),
    Asked(
        VISITOR,
        "upcoming events, by cursor",
        f"/v1/events?include={_TOPICS}&page[size]=12&sort=starts-at",
        [*_PUBLIC, _UPCOMING],
        by_cursor=True,
    ),
    Asked(
        VISITOR,
        "upcoming events in a place",
        f"/v1/events?include={_TOPICS}&sort=name&page[number]=1",
        [_like("location-name", "{place}"), _is("ends-at", "{now}", "ge")],
        is_search=True,
    ),
    Asked(
        VISITOR,
        "events by name",
        f"/v1/events?include={_TOPICS}&page[size]=12&sort=starts-at",
        [*_PUBLIC, _like("name", "{name}")],
        is_search=True,
    ),
    Asked(
        VISITOR,
        "programme of an event",
        "/v1/events/{event}/sessions?include=track,speakers&sort=starts-at",
        [_ON_THE_PROGRAMME],
    ),
    Asked(
        VISITOR,
        "speakers of an event",
        "/v1/events/{event}/speakers?include=sessions.track&sort=order",
        [_SPEAK],
    ),
    Asked(
        VISITOR,
        "programme of the crowd, by cursor",
        "/v1/events/{crowd}/sessions?include=speakers",
        by_cursor=True,
    ),
    Asked(
        VISITOR,
        "session of the crowd by title",
        "/v1/events/{crowd}/sessions?include=speakers",
        [_like("title", "{title}")],
        is_search=True,
    ),
    Asked(
        VISITOR,
        "speaker of the crowd by name",
        "/v1/events/{crowd}/speakers",
        [_like("name", "{speaker}")],
        is_search=True,
    ),
    Asked(
        BUYER,
        "one's orders",
        "/v1/users/{buyer}/orders?include=event,attendees.ticket&page[size]=10",
        [_is("status", ["completed", "placed", "pending"], "in")],
    ),
    Asked(
        BUYER,
        "one's orders for what is to come",
        "/v1/users/{buyer}/orders?include=event,attendees.ticket&page[size]=10&sort=event.starts-at",
        [
            {"name": "event", "op": "has", "val": _is("starts-at", "{now}", "ge")},
            _any_of(_is("status", "completed"), _is("status", "placed")),
        ],
    ),
    Asked(BUYER, "tickets of an event", "/v1/events/{event}/tickets", [_is("sales-ends-at", "{now}", "ge")]),
    Asked(BUYER, "one's tickets", "/v1/users/{buyer}/attendees?include=event,ticket"),
    Asked(
        ORGANISER,
        "one's events to come",
        "/v1/users/{owner}/events?include=tickets,sessions,speakers,organizers&page[number]=1&page[size]=10",
        [_is("state", "published"), _UPCOMING],
    ),
    Asked(
        ORGANISER,
        "sessions of one's event",
        "/v1/events/{event}/sessions?include=speakers,track&page[size]=10",
        [_is("state", "pending")],
    ),
    Asked(ORGANISER, "attendees of one's event", f"/v1/events/{{event}}/attendees?{_DECKS}"),
    Asked(
        ORGANISER,
        "an attendee of one's event",
        f"/v1/events/{{event}}/attendees?{_DECKS}&sort=-firstname",
        _people("{person}"),
        is_search=True,
    ),
    Asked(
        ORGANISER,
        "orders of one's event",
        "/v1/events/{event}/orders?include=tickets,user,attendees&page[size]=10",
        [_is("status", "completed")],
    ),
    Asked(ORGANISER, "attendees of the crowd", f"/v1/events/{{crowd}}/attendees?{_DECKS}"),
    Asked(
        ORGANISER,
        "attendees of the crowd, by cursor",
        "/v1/events/{crowd}/attendees?include=user,order&page[size]=10",
        by_cursor=True,
    ),
    Asked(
        ORGANISER,
        "an attendee of the crowd",
        f"/v1/events/{{crowd}}/attendees?{_DECKS}&sort=-firstname",
        _people("{person of the crowd}"),
        is_search=True,
    ),
    Asked(
        ORGANISER,
        "a session of the crowd",
        "/v1/events/{crowd}/sessions?include=speakers,track&page[size]=10",
        [_like("title", "{title}")],
        is_search=True,
    ),
    Asked(
        DOOR, "who has not come", "/v1/events/{event}/attendees?include=order", [_is("is-checked-in", False)]
    ),
    Asked(DOOR, "attendees by name", "/v1/events/{event}/attendees?sort=lastname,firstname"),
    Asked(DOOR, "search at the door", "/v1/events/{event}/attendees/search?q={person}", is_search=True),
    Asked(
        DOOR,
        "search at the crowd's door",
        "/v1/events/{crowd}/attendees/search?q={person of the crowd}",
        is_search=True,
    ),
    Asked(
        STAFF, "events", f"/v1/events?{_TRASH}&include=tickets,owner&page[size]=10", [_is("deleted-at", None)]
    ),
    Asked(
        STAFF,
        "events, by cursor",
        f"/v1/events?{_TRASH}&include=tickets,owner&page[size]=10",
        [_is("deleted-at", None)],
        by_cursor=True,
    ),
    Asked(
        STAFF,
        "deleted events",
        f"/v1/events?{_TRASH}&include=owner&page[size]=10&sort=-deleted-at",
        [_is("deleted-at", None, "ne")],
    ),
    Asked(
        STAFF,
        "deleted sessions, by cursor",
        f"/v1/sessions?{_TRASH}&include=event,speakers&page[size]=10",
        [_is("deleted-at", None, "ne")],
        by_cursor=True,
    ),
    Asked(
        STAFF,
        "sessions, by cursor",
        f"/v1/sessions?{_TRASH}&include=event,speakers&page[size]=10",
        [_is("state", "accepted")],
        by_cursor=True,
    ),
    Asked(STAFF, "accounts, by cursor", f"/v1/users?{_TRASH}&page[size]=10", by_cursor=True),
    Asked(STAFF, "activities", "/v1/activities?page[number]=1&page[size]=10", []),
    Asked(
        STAFF,
        "event by name",
        f"/v1/events?{_TRASH}&page[size]=10",
        [_like("name", "{name}")],
        is_search=True,
    ),
    Asked(
        STAFF,
        "session by title",
        f"/v1/sessions?{_TRASH}&include=event&page[size]=10",
        [_like("title", "{usual title}")],
        is_search=True,
    ),
    Asked(
        STAFF,
        "speaker of the crowd by name or address",
        "/v1/events/{crowd}/speakers?include=sessions&page[size]=10",
        [_any_of(_like("name", "{speaker}"), _like("email", "{speaker}"))],
        is_search=True,
    ),
    Asked(
        STAFF, "account by address", "/v1/users?page[size]=10", [_like("email", "{account}")], is_search=True
    ),
)
