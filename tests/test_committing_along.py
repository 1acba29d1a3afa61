"""The last statement of a transaction, committed along with it."""

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.db_errors import constraint
from tests.support.databases import TestDatabase
from tests.test_savepoint import ADD, topics

COUNT = "SELECT count(*) FROM event_topics"


def test_its_rows_and_all_that_was_sent_are_there_for_others(database: TestDatabase) -> None:
    followed: list[str] = []
    with db.transaction() as session:
        db.after_commit(session, lambda: followed.append("afterwards"))
        db.enqueue(session, ADD, ["sent"])
        db.enqueue_for_commit(session, ADD, ["last"])
        assert db.fetch_and_commit(session, COUNT) == [[1]]
        assert topics(database) == ["last", "sent"]
        assert followed == []
    assert topics(database) == ["last", "sent"]
    assert followed == ["afterwards"]


@pytest.mark.parametrize("way", ["fetch", "send", "fetch_and_commit"])
def test_nothing_can_be_asked_of_the_session_afterwards(database: TestDatabase, way: str) -> None:
    def ask(session: Session) -> None:
        if way == "fetch":
            db.fetch(session, ADD, ["late"])
        elif way == "send":
            db.enqueue(session, ADD, ["late"])
        else:
            db.fetch_and_commit(session, COUNT)

    with db.transaction() as session:
        db.fetch_and_commit(session, COUNT)
        with pytest.raises(RuntimeError, match="committed"):
            ask(session)
    assert topics(database) == []


@pytest.mark.parametrize("wrong", ["sent", "its own", "the last"])
def test_nothing_is_committed_where_one_of_them_fails(database: TestDatabase, wrong: str) -> None:
    followed: list[str] = []

    def work() -> None:
        with db.transaction() as session:
            db.after_commit(session, lambda: followed.append("afterwards"))
            db.enqueue(session, ADD, ["first"])
            if wrong == "sent":
                db.enqueue(session, ADD, ["first"])
            if wrong == "the last":
                db.enqueue_for_commit(session, ADD, ["first"])
            sql, values = (ADD, ["first"]) if wrong == "its own" else (COUNT, [])
            db.fetch_and_commit(session, sql, values)

    with pytest.raises(DBAPIError) as failure:
        work()
    assert constraint(failure.value) == "uq_event_topics_slug"
    assert topics(database) == []
    assert followed == []
    with db.transaction() as session:  # and the connection is as good as new
        assert db.fetch_and_commit(session, COUNT) == [[0]]


def test_a_savepoint_is_no_place_for_it(database: TestDatabase) -> None:
    with pytest.raises(RuntimeError, match="savepoint"), db.transaction() as session, db.savepoint(session):
        db.fetch_and_commit(session, ADD, ["inside"])
    assert topics(database) == []
