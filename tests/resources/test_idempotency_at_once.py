"""Two requests with the same Idempotency-Key at once, and processes and connections that die on the way."""

import subprocess
import sys
import threading
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chalicelib import db, signals
from chalicelib.auth import tokens
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.resources.test_idempotency_of_nouns import REPLAYED, ask, kept
from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply


@pytest.fixture
def organizer(database: TestDatabase) -> User:
    return stored(make_user)


@pytest.fixture
def event(organizer: User) -> Event:
    return stored(make_event, owner=organizer)


@pytest.mark.parametrize("ends", ["well", "badly"])
def test_of_two_requests_at_the_same_time_one_is_done(
    client: Client, database: TestDatabase, event: Event, organizer: User, ends: str
) -> None:
    me = client.signed_in_as(organizer)
    underway, go_on = threading.Event(), threading.Event()
    replies: list[Reply] = []

    def stay(_session: Session, **_payload: Any) -> None:
        underway.set()
        assert go_on.wait(30)
        if ends == "badly":
            raise RuntimeError("a bug")

    with signals.temporary_receiver("faq.created", stay):
        first = threading.Thread(target=lambda: replies.append(ask(me, event)))
        first.start()
        assert underway.wait(30)
        former = db.engine()
        db.engine.cache_clear()  # so that the other one has a connection of its own, as another process has
        meanwhile = ask(me, event)
        elsewhere = ask(client.signed_in_as(stored(make_user)), event)
        go_on.set()
        first.join()
        former.dispose()
    assert meanwhile.status == 409
    assert meanwhile.errors[0]["source"] == {"header": "Idempotency-Key"}
    assert meanwhile.headers["retry-after"] == "1"
    assert elsewhere.status == 403  # another caller's key is another one
    assert replies[0].status == {"well": 201, "badly": 500}[ends]
    again = ask(me, event)
    assert (again.status, REPLAYED in again.headers) == (201, ends == "well")
    assert database.one("SELECT count(*) FROM faqs") == 1


_DIES = """
import os, sys
from sqlalchemy import event
from sqlalchemy.orm import Session
from chalicelib import db
from chalicelib.resources.events.event.event import Event
from tests.resources.test_idempotency_of_nouns import ask
from tests.support.http_client import Client

@event.listens_for(Session, "before_commit")
def die(session):
    if not session.in_nested_transaction():
        db.flush_queue(session)
        print(db.fetch(session, "SELECT count(*) FROM faqs, idempotency_keys")[0][0], flush=True)
        os._exit(9)

ask(Client().signed_in_as(sys.argv[1]), Event(id=int(sys.argv[2])))
"""


def test_a_process_that_dies_before_the_commit_leaves_nothing(
    client: Client, database: TestDatabase, event: Event, organizer: User
) -> None:
    token = tokens.access_token(organizer.id, fresh=True)
    command = [sys.executable, "-c", _DIES, token, str(event.id)]
    died = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (died.returncode, died.stdout) == (9, "1\n"), died.stderr  # both were there, for nobody else
    assert (kept(database), database.one("SELECT count(*) FROM faqs")) == (0, 0)
    again = ask(client.signed_in_as(organizer), event)
    assert (again.status, REPLAYED in again.headers) == (201, False)


def test_a_connection_that_is_lost_on_the_way_leaves_nothing(
    client: Client, database: TestDatabase, event: Event, organizer: User
) -> None:
    me = client.signed_in_as(organizer)

    def cut(_session: Session, **_payload: Any) -> None:
        database.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    with signals.temporary_receiver("faq.created", cut):
        assert ask(me, event).status == 503
    assert (kept(database), database.one("SELECT count(*) FROM faqs")) == (0, 0)
    assert ask(me, event).status == 201
