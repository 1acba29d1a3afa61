"""A lagging replica shows nobody less than they have written, no token that is revoked, and nothing sold."""

import threading
import time
from typing import Any

import pytest

from chalicelib import health
from chalicelib.auth import tokens
from chalicelib.resources import REGISTRY
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.faq import make_faq
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.reader.conftest import Reader
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client

pytestmark = pytest.mark.one_database


class World:
    """A published event that the replica has, with its owner, and a replica that is behind from now on."""

    def __init__(self, reader: Reader) -> None:
        self.owner = stored(make_user)
        self.event = stored(make_event, owner=self.owner, state="published", name="Before")
        self.ticket = stored(make_ticket, event=self.event, name="Before")
        self.faq = stored(make_faq, event=self.event, question="Before?")
        reader.lag()

    @property
    def path(self) -> str:
        return f"/v1/events/{self.event.id}"


def name_of(asking: Client, path: str) -> Any:
    reply = asking.get(path)
    assert reply.status == 200, reply.text
    return reply.data["attributes"]["name"]


def test_content_is_read_from_the_replica_and_by_who_has_written_from_the_writer_until_it_has_that(
    client: Client, reader: Reader
) -> None:
    world = World(reader)
    owner = client.signed_in_as(world.owner)
    somebody = client.signed_in_as(stored(make_user))
    assert name_of(owner, world.path) == "Before"
    sent = document("event", {"name": "After"}, world.event.id)
    assert owner.patch(world.path, sent).status == 200

    assert name_of(owner, world.path) == "After"  # whatever they have written
    other_device = client.signed_in_as(tokens.access_token(world.owner.id, fresh=False))
    assert name_of(other_device, world.path) == "After"
    assert name_of(client, world.path) == "Before"  # from the replica
    tag = client.get(world.path).headers["etag"]
    assert client.get(world.path, headers={"If-None-Match": tag}).status == 304
    assert name_of(somebody, world.path) == "After"  # whom the replica does not know yet
    reader.catch_up()
    assert name_of(somebody, world.path) == name_of(client, world.path) == "After"
    reader.lag()
    assert owner.patch(world.path, document("event", {"name": "Later"}, world.event.id)).status == 200
    assert name_of(somebody, world.path) == "After"  # from the replica, which knows them by now
    assert name_of(owner, world.path) == "Later"


def test_two_writes_at_once_are_both_read_by_who_made_them(client: Client, reader: Reader) -> None:
    world = World(reader)
    other = stored(make_event, owner=world.owner, state="published", name="Before")
    reader.catch_up()
    reader.lag()
    owner = client.signed_in_as(world.owner)
    writes = [
        threading.Thread(
            target=owner.patch,
            args=(f"/v1/faqs/{world.faq.id}", document("faq", {"question": "After?"}, world.faq.id)),
        ),
        threading.Thread(
            target=owner.patch,
            args=(f"/v1/events/{other.id}", document("event", {"name": "After"}, other.id)),
        ),
    ]
    for write in writes:
        write.start()
    for write in writes:
        write.join()
    assert name_of(owner, f"/v1/events/{other.id}") == "After"
    assert owner.get(f"/v1/faqs/{world.faq.id}").data["attributes"]["question"] == "After?"


def test_a_revoked_token_and_a_role_that_was_taken_away_count_at_once(
    client: Client, reader: Reader, database: TestDatabase
) -> None:
    owner, member = stored(make_user), stored(make_user)
    draft = stored(make_event, owner=owner, state="draft", name="Draft")
    held = stored(make_users_events_roles, event=draft, user=member, role="organizer")
    reader.lag()
    path = f"/v1/events/{draft.id}"
    asking = client.signed_in_as(member)
    assert asking.get(path).status == 200
    database.run("DELETE FROM users_events_roles WHERE id = :id", id=held.id)
    assert asking.get(path).status == 404
    assert client.signed_in_as(owner).get(path).status == 200
    database.run("UPDATE users SET token_version = token_version + 1 WHERE id = :id", id=owner.id)
    assert client.signed_in_as(owner).get(path).status == 401
    database.run("UPDATE users SET is_blocked = true WHERE id = :id", id=member.id)
    assert asking.get("/v1/events").status == 401


def test_what_the_replica_does_not_have_yet_is_found(client: Client, reader: Reader) -> None:
    World(reader)
    new = stored(make_event, state="published", name="New")
    assert name_of(client, f"/v1/events/{new.id}") == "New"


def test_what_is_sold_and_counted_is_asked_of_the_writer(
    client: Client, reader: Reader, database: TestDatabase
) -> None:
    world = World(reader)
    database.run("UPDATE tickets SET name = 'After' WHERE id = :id", id=world.ticket.id)
    database.run("UPDATE events SET name = 'After' WHERE id = :id", id=world.event.id)
    assert client.get(f"{world.path}/tickets").data[0]["attributes"]["name"] == "After"
    assert name_of(client, world.path) == "Before"
    included = client.get(f"{world.path}?include=tickets").json
    assert included["data"]["attributes"]["name"] == included["included"][0]["attributes"]["name"] == "After"
    # The team is shown how many were sold.
    assert name_of(client.signed_in_as(world.owner), world.path) == "After"
    few = f"{world.path}?fields[event]=name"
    assert name_of(client.signed_in_as(world.owner), few) == "Before"
    # What no shared cache may tell is no content, and what counts places is counted.
    assert {name for name in REGISTRY.content if not REGISTRY[name].shared} == set()
    live = {
        attribute.wire
        for name in REGISTRY.content
        for attribute in REGISTRY[name].attributes.values()
        if attribute.live
    }
    assert live <= REGISTRY.counted
    assert {"order", "attendee", "ticket", "user", "payment", "session-sign-up"}.isdisjoint(REGISTRY.content)
    assert {name for name in REGISTRY.content if name not in REGISTRY} == set()


def test_a_replica_that_is_too_old_or_gone_is_left_alone_and_told_of(
    client: Client, reader: Reader, database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(reader)
    database.run("UPDATE events SET name = 'After' WHERE id = :id", id=world.event.id)
    assert name_of(client, world.path) == "Before"
    reader.set(READER_MOST_LAG="0")
    capsys.readouterr()
    assert name_of(client, world.path) == "After"
    beats = "SELECT beaten_at > now() - interval '1 minute' FROM reader_beats"
    assert database.one(beats) is True  # the heartbeat was renewed
    reader.set(READER_MOST_LAG="600", DATABASE_READER_URL="postgresql://nobody@127.0.0.1:9/gone")
    capsys.readouterr()
    assert name_of(client, world.path) == "After"
    assert "ReaderFailures" in capsys.readouterr().out
    assert name_of(client, world.path) == "After"
    assert "ReaderFailures" not in capsys.readouterr().out  # it is not tried again at once


def test_a_replica_that_lags_is_told_of(
    client: Client, reader: Reader, database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    database.run("UPDATE reader_beats SET beaten_at = now() - interval '20 minutes'")
    world = World(reader)  # which has an old beat
    database.run("UPDATE events SET name = 'After' WHERE id = :id", id=world.event.id)
    capsys.readouterr()
    assert name_of(client, world.path) == "After"
    assert "ReaderLags" not in capsys.readouterr().out  # nobody has renewed it for long
    reader.set()  # as another process
    assert name_of(client, world.path) == "After"
    assert "ReaderLags" in capsys.readouterr().out  # it was renewed, and the replica does not have it
    reader.catch_up()
    reader.set()
    reader.lag()
    database.run("UPDATE events SET name = 'Later' WHERE id = :id", id=world.event.id)
    assert name_of(client, world.path) == "After"  # from the replica again


def test_health_fails_while_a_busy_replica_lags_and_not_when_nobody_has_read_for_long(
    client: Client, reader: Reader, database: TestDatabase
) -> None:
    database.run("UPDATE reader_beats SET beaten_at = now() - interval '20 minutes'")
    reader.catch_up()
    reader.set(READER_MOST_LAG="1")
    assert state_of_reader() is True  # an idle one, which is not behind
    world = World(reader)
    time.sleep(1)
    assert name_of(client, world.path) == "Before"  # by the writer: it renews the heartbeat
    assert state_of_reader() is False
    reader.catch_up()
    assert state_of_reader() is True


def state_of_reader() -> bool:
    """Whether the health check of the reader passes."""
    health.forget()
    results: Any = health.report()[1]["results"]
    (passed,) = [result["passed"] for result in results if result["checker"] == "reader"]
    return bool(passed)


def test_without_a_reader_nothing_is_marked(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    sent = document("event", {"name": "After"}, event.id)
    assert client.signed_in_as(owner).patch(f"/v1/events/{event.id}", sent).status == 200
    assert database.one("SELECT count(*) FROM write_marks WHERE user_id = :id", id=owner.id) == 0
