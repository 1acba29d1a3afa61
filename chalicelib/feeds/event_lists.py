"""Upcoming events as Atom (RFC 4287) and as JSON Feed 1.1 (jsonfeed.org)."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from chalicelib.feeds.days import stamp
from chalicelib.feeds.schedule_xml import GENERATOR
from chalicelib.feeds.slots import is_web
from chalicelib.feeds.upcoming import Upcoming, updated
from chalicelib.settings import VERSION, settings
from chalicelib.values.xml_writing import inside, one_line, root, written
from chalicelib.values.zones import zone

ATOM: Final = "application/atom+xml; charset=utf-8"
JSON_FEED: Final = "application/feed+json"
_TITLE: Final = "Upcoming events"
_NAMESPACE: Final = "http://www.w3.org/2005/Atom"
_JSON_FEED_VERSION: Final = "https://jsonfeed.org/version/1.1"


def atom(events: Sequence[Upcoming], address: str) -> bytes:
    """The Atom document; `address` is its own."""
    feed = root("feed", xmlns=_NAMESPACE)
    inside(feed, "id", address)
    inside(feed, "title", _TITLE)
    inside(feed, "updated", _utc(updated(events)))
    inside(feed, "link", rel="self", type=ATOM.partition(";")[0], href=address)
    inside(feed, "link", rel="alternate", type="text/html", href=settings().web_url)
    inside(feed, "generator", GENERATOR, version=VERSION)
    inside(inside(feed, "author"), "name", urlsplit(settings().web_url).netloc or GENERATOR)
    for event in events:
        entry = inside(feed, "entry")
        inside(entry, "id", event.urn)
        inside(entry, "title", one_line(event.name))
        inside(entry, "updated", _utc(event.changed))
        inside(entry, "published", _utc(event.created))
        inside(entry, "link", rel="alternate", type="text/html", href=event.address)
        if one_line(event.owner):
            inside(inside(entry, "author"), "name", one_line(event.owner))
        inside(entry, "summary", _when_and_where(event))
        inside(entry, "content", event.description, type="text")
    return written(feed)


def json_feed(events: Sequence[Upcoming], address: str) -> str:
    """The JSON Feed; `address` is its own."""
    feed = {
        "version": _JSON_FEED_VERSION,
        "title": _TITLE,
        "home_page_url": settings().web_url,
        "feed_url": address,
        "items": [_item(event) for event in events],
    }
    return json.dumps(feed, ensure_ascii=False, separators=(",", ":"))


def _item(event: Upcoming) -> dict[str, object]:
    where = zone(event.timezone)
    item: dict[str, object] = {
        "id": event.urn,
        "url": event.address,
        "title": one_line(event.name),
        "summary": _when_and_where(event),
        "content_text": event.description,
        "date_published": _utc(event.created),
        "date_modified": _utc(event.changed),
        # Extensions begin with an underscore.
        "_event": {
            "starts_at": stamp(event.begin, where),
            "ends_at": stamp(event.end, where),
            "timezone": event.timezone,
            "location": one_line(event.location) or None,
            "online": event.online,
        },
    }
    if is_web(event.image):
        item["image"] = event.image
    if one_line(event.owner):
        item["authors"] = [{"name": one_line(event.owner)}]
    return item


def _when_and_where(event: Upcoming) -> str:
    """In which time and place, such as "2031-05-03T09:00:00+02:00 to 2031-05-04T17:00:00+02:00, Lyon"."""
    where = zone(event.timezone)
    place = one_line(event.location) or ("online" if event.online else "")
    return f"{stamp(event.begin, where)} to {stamp(event.end, where)}" + (f", {place}" if place else "")


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
