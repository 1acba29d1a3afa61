"""Event as JSON-LD in the vocabulary of schema.org, which search engines read.

Told is what everybody sees of the event: of tickets those that are not hidden. Source: schema.org/Event.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from chalicelib import clock
from chalicelib.auth.viewer import Kind
from chalicelib.feeds.days import stamp
from chalicelib.feeds.programme import Programme, Sessions, programme_sql, published_in, visible_by_key
from chalicelib.feeds.slots import is_web
from chalicelib.jsonapi.ground.sql import Row, text_of
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.jsonapi.rights.visibility import visible_where
from chalicelib.resources.tickets.stock import left
from chalicelib.values.currencies import with_decimals
from chalicelib.values.xml_writing import one_line
from chalicelib.values.zones import zone

MEDIA_TYPE: Final = "application/ld+json"
_SCHEMA: Final = "https://schema.org"
_MOST_OFFERS: Final = 100
_LONGEST: Final = 5_000  # characters of a description
# SQL about a row `event`; `programme` is the SQL of its programme, `seen` who sees a row `ticket`.
_TOLD: Final = """json_build_object(
  'programme', {programme}, 'owner', event.owner_name, 'image', event.original_image_url,
  'large_image', event.large_image_url, 'currency', event.payment_currency,
  'tickets', (
    SELECT coalesce(json_agg(offer), '[]') FROM (
      SELECT ticket.name, ticket.type, ticket.price::text, ticket.min_price::text,
        ticket.sales_starts_at AS begin, ticket.sales_ends_at AS end, {left} AS places
      FROM tickets ticket WHERE ticket.event_id = event.id AND {seen}
      ORDER BY ticket.position, ticket.id LIMIT {most}
    ) offer
  )
)"""


def json_ld(context: Context, key: str) -> str:
    """The document of the published event with this identifier or id. Raises Problem 404."""
    told = visible_by_key(context, key, _event_sql(context.registry)).value
    event = published_in(told["programme"], f"There is no event {key} that is published.")
    document = json.dumps(_document(event, told), ensure_ascii=False, separators=(",", ":"))
    return document.replace("<", "\\u003c")  # pages embed it in a script element


@lru_cache(maxsize=4)
def _event_sql(registry: Registry) -> str:
    ticket = Row("ticket", visible=frozenset({"event"}))
    return _TOLD.format(
        programme=programme_sql(registry, Sessions.NONE),
        left=left("ticket"),
        seen=text_of(visible_where(registry, "ticket", ticket, Kind.NOBODY)),
        most=_MOST_OFFERS,
    )


def _document(event: Programme, told: Mapping[str, Any]) -> dict[str, Any]:
    where = zone(event.timezone)
    mode, place = _place(event)
    known: dict[str, Any] = {
        "@context": _SCHEMA,
        "@type": "Event",
        "@id": event.address,
        "url": event.address,
        "name": one_line(event.name),
        "startDate": stamp(event.begin, where),
        "endDate": stamp(event.end, where),
        "eventStatus": f"{_SCHEMA}/EventScheduled",
        "eventAttendanceMode": f"{_SCHEMA}/{mode}",
        "description": event.description[:_LONGEST],
        "location": place,
        "image": [url for url in (told["large_image"], told["image"], event.logo) if is_web(url)][:1],
        "offers": [_offer(ticket, told["currency"], event) for ticket in told["tickets"]],
    }
    if told["owner"]:
        known["organizer"] = {"@type": "Organization", "name": one_line(told["owner"]), "url": event.address}
    return {name: value for name, value in known.items() if value}


def _place(event: Programme) -> tuple[str, Any]:
    """The attendance mode, and the location or locations."""
    online = {"@type": "VirtualLocation", "url": event.address}
    if not event.location and event.coordinates is None:
        return ("OnlineEventAttendanceMode", online) if event.online else ("OfflineEventAttendanceMode", None)
    here: dict[str, Any] = {"@type": "Place"}
    if event.location:
        here |= {"name": one_line(event.location), "address": one_line(event.location)}
    if event.coordinates is not None:
        latitude, longitude = event.coordinates
        here["geo"] = {"@type": "GeoCoordinates", "latitude": latitude, "longitude": longitude}
    if event.online:
        return "MixedEventAttendanceMode", [here, online]
    return "OfflineEventAttendanceMode", here


def _offer(ticket: Mapping[str, Any], currency: str | None, event: Programme) -> dict[str, Any]:
    where = zone(event.timezone)
    begin, end = (datetime.fromisoformat(ticket[name]) for name in ("begin", "end"))
    is_donation, is_free = (ticket["type"].startswith(kind) for kind in ("donation", "free"))
    price = Decimal(0 if is_free else ticket["min_price" if is_donation else "price"] or 0)
    places = ticket["places"]
    availability = "SoldOut" if places is not None and places <= 0 else "InStock"
    offer = {
        "@type": "Offer",
        "name": one_line(ticket["name"]),
        "url": event.address,
        "price": with_decimals(price, currency or ""),
        "availability": f"{_SCHEMA}/{'Discontinued' if end <= clock.now() else availability}",
        "validFrom": stamp(begin, where),
        "validThrough": stamp(end, where),
    }
    return {**offer, "priceCurrency": currency} if currency else offer
