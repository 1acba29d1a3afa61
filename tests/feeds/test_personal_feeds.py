"""Personal feeds: favorites at a secret address, for whoever has it, until it is withdrawn."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import vobject

from chalicelib import clock, db
from chalicelib.resources.programme.session.session import Session
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import make_session
from tests.factories.user import make_user
from tests.factories.user_favourite_session import make_user_favourite_session
from tests.feeds.conference import NOON, Conference
from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply

pytestmark = pytest.mark.one_database
FEEDS = "/v1/users/me/schedule-feeds"


class Fan:
    """Somebody with favorites at a conference: of the programme, and a canceled one; and at another event."""

    def __init__(self, client: Client) -> None:
        self.conference = Conference()
        self.user, self.other = stored(make_user), stored(make_user)
        talks = self.conference.talks
        elsewhere = stored(make_event, state="published", name="Elsewhere")
        self.away = stored(
            make_session,
            event=elsewhere,
            title="Away",
            starts_at=NOON,
            ends_at=NOON.replace(hour=23, minute=30),
        )
        for user, talk in (
            *((self.user, talk) for talk in (talks["accepted"], talks["canceled"], self.away)),
            (self.other, talks["confirmed"]),
        ):
            stored(make_user_favourite_session, user=user, session=talk)
        with db.transaction() as session:
            session.get_one(Session, talks["canceled"].id).left_programme_at = clock.now()
        self.client = client.signed_in_as(self.user)

    def feed(self, event: Any = None) -> str:
        """The path of a new feed."""
        reply = self.client.post(FEEDS, {"data": {} if event is None else {"event": event}})
        assert reply.status == 201, reply.text
        assert reply.headers["cache-control"] == "no-store"
        address = urlsplit(str(reply.json["url"]))
        assert (address.netloc, address.path[-4:]) == ("api.example.org", ".ics")
        return address.path


@pytest.fixture
def fan(client: Client, database: object) -> Fan:
    return Fan(client)


def titles(reply: Reply) -> set[str]:
    assert (reply.status, reply.headers["content-type"]) == (200, "text/calendar; charset=utf-8"), reply.text
    return in_status(reply, "CONFIRMED")


def in_status(reply: Reply, status: str) -> set[str]:
    calendar: Any = vobject.readOne(reply.content.decode())
    events = calendar.contents.get("vevent", [])
    assert {event.status.value for event in events} <= {"CONFIRMED", "CANCELLED"}
    return {event.summary.value for event in events if event.status.value == status}


def test_a_feed_shows_ones_favorites_to_whoever_has_the_address(client: Client, fan: Fan) -> None:
    event = fan.conference.event
    for key in (event.identifier, str(event.id)):
        path = fan.feed(key)
        reply = client.get(path)
        assert titles(reply) == {"A accepted one"}
        assert in_status(reply, "CANCELLED") == {"A canceled one"}
        assert reply.headers["cache-control"] == "private, no-cache"
        assert fan.user.email not in reply.text
        assert client.with_headers({"If-None-Match": reply.headers["etag"]}).get(path).status == 304
        assert client.request("HEAD", path).status == 200
    assert titles(client.get(fan.feed())) == {"A accepted one", "Away"}
    # With a foreign, or a bad, token it is the same.
    path = fan.feed(event.identifier)
    assert titles(client.signed_in_as(fan.other).get(path)) == {"A accepted one"}
    assert titles(client.signed_in_as("nonsense").get(path)) == {"A accepted one"}


def test_a_new_favorite_appears_and_one_that_is_not_public_any_more_is_cancelled(
    client: Client, fan: Fan
) -> None:
    path, owner = fan.feed(fan.conference.event.identifier), client.signed_in_as(fan.conference.owner)
    stored(make_user_favourite_session, user=fan.user, session=fan.conference.whole)
    assert titles(client.get(path)) == {"A accepted one", "All of it ]]>"}
    id = fan.conference.talks["accepted"].id
    canceled = {"data": {"type": "session", "id": str(id), "attributes": {"state": "canceled"}}}
    assert owner.patch(f"/v1/sessions/{id}", canceled).status == 200
    assert titles(client.get(path)) == {"All of it ]]>"}
    assert in_status(client.get(path), "CANCELLED") == {"A accepted one", "A canceled one"}


def test_withdrawn_replaced_and_unknown_addresses_are_not_found(
    client: Client, fan: Fan, database: TestDatabase
) -> None:
    event = fan.conference.event
    first = fan.feed(event.identifier)
    second, every = fan.feed(event.id.__str__()), fan.feed()
    assert [client.get(path).status for path in (first, second, every)] == [404, 200, 200]
    secrets = [path.rpartition("/")[2].removesuffix(".ics") for path in (first, second, every)]
    assert not [secret for secret in secrets if secret in str(database.rows("SELECT * FROM schedule_feeds"))]
    listed = fan.client.get(FEEDS).json
    assert [feed["event"] for feed in listed] == [event.identifier, None]
    assert not [secret for secret in secrets if secret in str(listed)]
    other = client.signed_in_as(fan.other)
    assert other.get(FEEDS).json == []
    assert other.delete(f"{FEEDS}/{listed[0]['id']}").status == 404
    assert other.delete(FEEDS).json == {"withdrawn": 0}
    assert client.get(second).status == 200
    assert fan.client.delete(f"{FEEDS}/{listed[0]['id']}").json == {"withdrawn": 1}
    assert [client.get(path).status for path in (second, every)] == [404, 200]
    assert fan.client.delete(FEEDS).json == {"withdrawn": 1}
    assert client.get(every).status == 404
    for unknown in ("x", "x" * 5000, "%00", "é"):
        assert client.get(f"/v1/feeds/schedules/{unknown}.ics").status == 404


@pytest.mark.parametrize("change", ["is_blocked = true", "deleted_at = now()"])
def test_a_blocked_or_deleted_account_has_no_feed(
    client: Client, fan: Fan, database: TestDatabase, change: str
) -> None:
    event = fan.conference.event
    path = fan.feed(event.identifier)
    secret = path.rpartition("/")[2].removesuffix(".ics")
    shared = f"{fan.conference.path}.ics?my_schedule&user_id={fan.user.id}&token={secret}"
    assert client.get(path).status == client.get(shared).status == 200
    database.run(f"UPDATE users SET {change} WHERE id = :id", id=fan.user.id)
    assert client.get(path).status == client.get(shared).status == 404


def test_events_that_are_hidden_are_in_no_feed(client: Client, fan: Fan, database: TestDatabase) -> None:
    event = fan.conference.event
    path, every = fan.feed(event.identifier), fan.feed()
    database.run("UPDATE events SET privacy = 'private' WHERE id = :id", id=event.id)
    # Of this event alone: who made the feed knew its identifier. Among all it is unlisted.
    assert (titles(client.get(path)), titles(client.get(every))) == ({"A accepted one"}, {"Away"})
    for change in ("state = 'draft'", "state = 'published', deleted_at = now()"):
        database.run(f"UPDATE events SET {change} WHERE id = :id", id=event.id)
        assert client.get(path).status == 404
        assert titles(client.get(every)) == {"Away"}


def test_a_feed_is_made_for_oneself_of_what_one_sees(client: Client, fan: Fan) -> None:
    draft = stored(make_event, owner=fan.conference.owner, state="draft")
    private = stored(make_event, owner=fan.conference.owner, state="published", privacy="private")
    assert client.post(FEEDS, {"data": {}}).status == 401
    assert (
        client.get(FEEDS).status == client.delete(FEEDS).status == client.delete(f"{FEEDS}/1").status == 401
    )
    for event in (draft.identifier, str(draft.id), str(private.id), "deadbeef"):
        refused = fan.client.post(FEEDS, {"data": {"event": event}})
        assert (refused.status, refused.errors[0]["source"]) == (404, {"pointer": "/data/event"})
    assert titles(client.get(fan.feed(private.identifier))) == set()
    broken: tuple[Any, ...] = (
        {},
        [],
        {"data": None},
        {"data": []},
        {"data": {"event": 7}},
        {"data": {"event": {}}},
        {"data": {"evnet": "1"}},
    )
    for sent in broken:
        refused = fan.client.post(FEEDS, sent)
        assert refused.status == 400
        assert "pointer" in refused.errors[0]["source"]
    assert fan.client.delete(f"{FEEDS}/nonsense").status == 404


def test_the_former_address_takes_the_secret_instead_of_a_sign_in(client: Client, fan: Fan) -> None:
    event, other = fan.conference.event, stored(make_event, state="published")
    secret = fan.feed(event.identifier).rpartition("/")[2].removesuffix(".ics")
    of_all = fan.feed().rpartition("/")[2].removesuffix(".ics")
    asked = f"{fan.conference.path}.ics?include_sessions&my_schedule"
    for query in (f"&token={secret}", f"&user_id={fan.user.id}&token={secret}", f"&token={of_all}"):
        reply = client.get(asked + query)
        assert titles(reply) == {"Tage, der <Freiheit> & 音 楽 𝄞", "A accepted one"}
        assert reply.headers["cache-control"] == "private, no-cache"
    for query in (f"&user_id={fan.other.id}&token={secret}", "&token=nonsense", "&token="):
        assert client.get(asked + query).status == 404
    assert client.get(f"/v1/events/{other.identifier}.ics?my_schedule&token={secret}").status == 404
    assert client.get(f"/v1/events/{other.identifier}.ics?my_schedule&token={of_all}").status == 200
    assert client.get(f"{asked}&user_id={fan.user.id}").status == 401


def test_an_account_has_a_bounded_number_of_feeds(client: Client, fan: Fan, database: TestDatabase) -> None:
    counted = "SELECT count(*) FROM schedule_feeds WHERE user_id = :id"
    oldest = fan.feed(fan.conference.event.identifier)
    for _ in range(3):
        fan.feed()
    assert database.one(counted, id=fan.user.id) == 2
    event = stored(make_event, state="published")
    database.run(
        "INSERT INTO schedule_feeds (hash, created_at, user_id, event_id) SELECT 'x' || id, now(), :user, id "
        "FROM events WHERE id <> :former AND id <> :event",
        user=fan.user.id, former=fan.conference.event.id, event=event.id,
    )  # fmt: skip
    database.run(
        "WITH made AS (INSERT INTO events (SELECT (e).* FROM (SELECT jsonb_populate_record(event, jsonb_build_object("
        "'id', 10000 + n, 'identifier', 'many' || n)) AS e FROM events event, generate_series(1, 100) n "
        "WHERE event.id = :id) made) RETURNING id) "
        "INSERT INTO schedule_feeds (hash, created_at, user_id, event_id) SELECT 'y' || id, now(), :user, id FROM made",
        user=fan.user.id, id=event.id,
    )  # fmt: skip
    fan.feed(event.identifier)
    assert database.one(counted, id=fan.user.id) == 100
    assert client.get(oldest).status == 404
