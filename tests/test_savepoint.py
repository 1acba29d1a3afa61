"""A part of a transaction that can be undone by itself, without round trips that something else needs anyway."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.db_errors import constraint
from chalicelib.driver import Connection
from chalicelib.resources.events.event_topic import EventTopic
from tests.support.databases import TestDatabase

ADD = "INSERT INTO event_topics (name, slug) VALUES ($1, $1)"


class Undone(Exception):
    """What ends a block."""


def topics(database: TestDatabase) -> list[str]:
    return [row["name"] for row in database.rows("SELECT name FROM event_topics ORDER BY name")]


def test_what_was_done_in_the_block_is_undone_and_the_rest_stays(database: TestDatabase) -> None:
    followed: list[str] = []

    def work(session: Session) -> None:
        db.fetch(session, ADD, ["done"])
        db.enqueue(session, ADD, ["sent"])
        session.add(EventTopic(name="added", slug="added"))
        db.after_commit(session, lambda: followed.append("inside"))
        raise Undone

    with db.transaction() as session:
        db.enqueue(session, ADD, ["before"])
        db.after_commit(session, lambda: followed.append("before"))
        with pytest.raises(Undone), db.savepoint(session):
            work(session)
        db.enqueue(session, ADD, ["after"])
    assert topics(database) == ["after", "before"]
    assert followed == ["before"]


def test_what_was_done_in_the_block_is_there_with_the_rest(database: TestDatabase) -> None:
    with db.transaction() as session:
        with db.savepoint(session):
            db.enqueue(session, ADD, ["sent"])
            session.add(EventTopic(name="added", slug="added"))
        db.enqueue(session, ADD, ["after"])
    assert topics(database) == ["added", "after", "sent"]


@pytest.mark.parametrize("way", ["fetched", "sent", "added", "executed"])
def test_an_error_of_the_database_is_raised_by_the_block_and_ends_only_it(
    database: TestDatabase, way: str
) -> None:
    def repeat(session: Session) -> None:
        if way == "fetched":
            db.fetch(session, ADD, ["before"])
        elif way == "sent":
            db.enqueue(session, ADD, ["before"])
        elif way == "added":
            session.add(EventTopic(name="before", slug="before"))
        else:
            session.execute(
                text("INSERT INTO event_topics (name, slug) VALUES (:name, :name)"), {"name": "before"}
            )

    with db.transaction() as session:
        db.fetch(session, ADD, ["before"])
        with pytest.raises(DBAPIError) as failure, db.savepoint(session):
            repeat(session)
        assert constraint(failure.value) == "uq_event_topics_slug"
        db.enqueue(session, ADD, ["after"])
    assert topics(database) == ["after", "before"]


def test_it_goes_along_with_what_is_sent_around_it(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    trips: list[int] = []
    exchange = Connection.flush_pending

    def listening(self: Connection) -> Any:
        trips.append(len(self._queue))
        return exchange(self)

    with db.transaction() as session:
        session.execute(text("SELECT 1"))
        monkeypatch.setattr(Connection, "flush_pending", listening)
        db.enqueue(session, ADD, ["before"])
        with db.savepoint(session):
            db.fetch(session, ADD, ["inside"])
        db.enqueue(session, ADD, ["after"])
    monkeypatch.undo()
    assert [number for number in trips if number] == [2, 1, 3]  # the last: released, sent, committed
    assert topics(database) == ["after", "before", "inside"]
