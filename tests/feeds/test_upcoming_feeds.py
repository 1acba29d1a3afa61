"""Atom and JSON Feed of upcoming events, and an event as JSON-LD, read by other programs' libraries."""

from datetime import timedelta
from typing import Any

import feedparser
import pytest
from pyld import jsonld

from chalicelib import clock
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.feeds.conference import SAID, Conference
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.sharing import SHARED

ATOM, JSON_FEED = "/v1/feeds/events.atom", "/v1/feeds/events.json"
DAY = timedelta(days=1)


@pytest.fixture
def events(database: object) -> dict[str, Any]:
    """Upcoming ones: the second to begin is of the conference. Others are told to nobody."""
    now = clock.now()
    made = {"conference": Conference(starts_at=now + DAY, ends_at=now + 2 * DAY, owner_name="Ada").event}
    for name, begin, end, values in (
        ("Running", -1, 1, {"online": True, "location_name": None}),
        ("Late", 5, 6, {"original_image_url": "https://example.org/a.png"}),
        ("Past", -3, -1, {}),
        ("Draft", 1, 2, {"state": "draft"}),
        ("Private", 1, 2, {"privacy": "private"}),
        ("Deleted", 1, 2, {"deleted_at": now}),
    ):
        given = {"state": "published", "starts_at": now + begin * DAY, "ends_at": now + end * DAY, **values}
        made[name] = stored(make_event, name=name, **given)
    return made


def test_atom_lists_what_is_public_in_the_order_of_beginning(client: Client, events: dict[str, Any]) -> None:
    reply = client.get(ATOM)
    assert (reply.status, reply.headers["content-type"]) == (200, "application/atom+xml; charset=utf-8")
    feed: Any = feedparser.parse(reply.content)
    assert not feed.bozo
    assert (feed.version, feed.feed.id) == ("atom10", "http://api.example.org/v1/feeds/events.atom")
    assert [entry.title for entry in feed.entries] == ["Running", SAID, "Late"]
    entry = feed.entries[1]
    assert entry.link == f"http://localhost:4200/e/{events['conference'].identifier}"
    assert (entry.author, entry.content[0].value, entry.content[0].type) == ("Ada", "Two days", "text/plain")
    assert entry.summary.endswith(", Town Hall")
    assert entry.id.startswith("urn:uuid:")
    assert all(entry.updated_parsed and entry.published_parsed for entry in feed.entries)
    assert feed.feed.updated == max(entry.updated for entry in feed.entries)
    assert reply.headers["cache-control"] == SHARED
    assert client.with_headers({"If-None-Match": reply.headers["etag"]}).get(ATOM).status == 304
    assert client.request("HEAD", ATOM).status == 200


def test_json_feed_lists_the_same(client: Client, events: dict[str, Any]) -> None:
    reply = client.get(JSON_FEED)
    assert (reply.status, reply.headers["content-type"]) == (200, "application/feed+json")
    feed, atom = reply.json, feedparser.parse(client.get(ATOM).content)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert {"title", "home_page_url", "feed_url", "items"} <= feed.keys()
    assert [(item["id"], item["title"], item["url"]) for item in feed["items"]] == [
        (entry.id, entry.title, entry.link) for entry in atom.entries
    ]
    running, conference, late = feed["items"]
    assert running["_event"]["online"]
    assert running["_event"]["location"] is None
    assert conference["authors"] == [{"name": "Ada"}]
    assert conference["_event"]["starts_at"].endswith(("+13:00", "+12:00"))
    assert late["image"] == "https://example.org/a.png"
    assert all(isinstance(item["content_text"], str) for item in feed["items"])


def test_a_change_is_an_update(client: Client, events: dict[str, Any]) -> None:
    def listed() -> dict[str, dict[str, Any]]:
        return {item["title"]: item for item in client.get(JSON_FEED).json["items"]}

    owned = Conference(name="Former", starts_at=clock.now() + DAY, ends_at=clock.now() + 2 * DAY)
    owner, before = client.signed_in_as(owned.owner), listed()
    change = document("event", {"name": "Present"}, owned.event.id)
    with clock.shifted(timedelta(minutes=5)):
        assert owner.patch(f"/v1/events/{owned.event.id}", change).status == 200
    after = listed()
    assert after["Late"] == before["Late"]
    assert after["Present"]["id"] == before["Former"]["id"]
    assert after["Present"]["date_modified"] > before["Former"]["date_modified"]
    assert owner.get(JSON_FEED).json == client.get(JSON_FEED).json


def test_filters_and_pages_are_those_of_the_list(client: Client, events: dict[str, Any]) -> None:
    def names(query: str) -> list[str]:
        reply = client.get(JSON_FEED + query)
        assert reply.status == 200, reply.text
        return [item["title"] for item in reply.json["items"]]

    assert names("?filter[name]=Late") == ["Late"]
    assert names('?filter=[{"name":"online","op":"eq","val":true}]') == ["Running"]
    assert names("?page[size]=1&page[number]=2") == [SAID]
    assert names('?filter=[{"name":"paypal-email","op":"is","val":null}]') == []  # told to buyers alone
    entries = feedparser.parse(client.get(f"{ATOM}?filter[name]=Late").content)
    assert [entry.title for entry in entries.entries] == ["Late"]
    assert (
        feedparser.parse(client.get(f"{ATOM}?filter[name]=none").content).feed.updated
        == "1970-01-01T00:00:00Z"
    )
    for query in (
        "?page[size]=201",
        "?page[size]=0",
        "?sort=name",
        "?include=tickets",
        "?filter[nonsense]=1",
        "?page[after]=x",
    ):
        assert client.get(JSON_FEED + query).status == 400, query


def test_json_ld_is_an_event_of_schema_org(client: Client, events: dict[str, Any]) -> None:
    now, event = clock.now().replace(microsecond=0), events["conference"]
    owner_of = {"event": event}
    event_path = f"/v1/events/{event.identifier}.jsonld"
    sold = stored(make_ticket, name="Few", type="paid", price=12.5, quantity=1, position=1, **owner_of)
    stored(make_ticket, name="Hidden", is_hidden=True, **owner_of)
    stored(make_ticket, name="Gone", deleted_at=now, **owner_of)
    ended = {"sales_starts_at": now - 3 * DAY, "sales_ends_at": now - 2 * DAY}
    stored(make_ticket, name="Early", position=2, **ended, **owner_of)
    stored(
        make_ticket,
        name="Donation",
        type="donation",
        min_price=3,
        max_price=9,
        position=3,
        quantity=5,
        **owner_of,
    )
    stored(make_attendee, event=event, ticket=sold)
    reply = client.get(event_path)
    assert (reply.status, reply.headers["content-type"]) == (200, "application/ld+json")
    told = reply.json
    assert told["@context"] == "https://schema.org"
    # Read with a context like schema.org's, as its own is on the web.
    context = {"@vocab": "https://schema.org/", "url": {"@type": "@id"}, "eventStatus": {"@type": "@id"}}
    (node,) = jsonld.expand({**told, "@context": context})
    assert node["@type"] == ["https://schema.org/Event"]
    assert node["https://schema.org/eventStatus"] == [{"@id": "https://schema.org/EventScheduled"}]
    assert (told["name"], told["description"]) == (SAID, "Two days")
    assert told["startDate"].endswith(("+13:00", "+12:00"))
    assert told["eventAttendanceMode"] == "https://schema.org/OfflineEventAttendanceMode"
    place = {"@type": "Place", "name": "Town Hall", "address": "Town Hall"}
    assert told["location"] == {
        **place,
        "geo": {"@type": "GeoCoordinates", "latitude": -36.85, "longitude": 174.76},
    }
    assert told["organizer"]["name"] == "Ada"
    currency = event.payment_currency
    offers = [
        (offer["name"], offer["price"], offer["availability"].rpartition("/")[2]) for offer in told["offers"]
    ]
    assert offers == [
        ("Few", "12.50", "SoldOut"),
        ("Early", "0.00", "Discontinued"),
        ("Donation", "3.00", "InStock"),
    ]
    assert {offer.get("priceCurrency") for offer in told["offers"]} == {currency}
    assert all("validFrom" in offer for offer in told["offers"])
    online = client.get(f"/v1/events/{events['Running'].identifier}.jsonld").json
    assert online["eventAttendanceMode"].endswith("/OnlineEventAttendanceMode")
    assert online["location"]["@type"] == "VirtualLocation"
