"""The trash is emptied of what has been in it for long enough, and of nothing else."""

from collections.abc import Iterator

import pytest

from chalicelib import clock, db, retention
from chalicelib.jsonapi.write import trash
from chalicelib.resources import REGISTRY
from chalicelib.settings import settings
from chalicelib.tasks.purge_trash import purge_trash
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.session import make_session
from tests.factories.ticket import make_ticket
from tests.factories.track import make_track
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client


def throw(database: TestDatabase, table: str, days: int, id: int) -> None:
    """Let a row have been in the trash for so many days."""
    database.run(
        f"UPDATE {table} SET deleted_at = now() - :days * interval '1 day' WHERE id = :id", days=days, id=id
    )


def empty() -> None:
    with db.transaction() as session:
        purge_trash(session)


def test_what_was_deleted_long_ago_goes_with_all_that_belongs_to_it(database: TestDatabase) -> None:
    old, recent, living = (stored(make_event) for _ in range(3))
    for event in (old, recent, living):
        stored(make_session, event=event)
        stored(make_track, event=event)
    throw(database, "events", 91, old.id)
    throw(database, "events", 89, recent.id)
    empty()
    assert [row["id"] for row in database.rows("SELECT id FROM events ORDER BY id")] == [recent.id, living.id]
    assert database.one("SELECT count(*) FROM sessions") == 2
    assert database.one("SELECT count(*) FROM tracks") == 2


def test_what_was_sold_is_never_forgotten(database: TestDatabase) -> None:
    event = stored(make_event)
    ticket, unsold = stored(make_ticket, event=event), stored(make_ticket, event=event)
    order = stored(make_order, event=event, tickets={ticket: 1}, status="completed", amount=10)
    stored(make_attendee, event=event, order=order, ticket=ticket)
    throw(database, "events", 400, event.id)
    for item in (ticket, unsold):
        throw(database, "tickets", 400, item.id)
    empty()
    assert database.one("SELECT count(*) FROM events") == 1
    assert database.one("SELECT id FROM tickets") == ticket.id
    assert database.one("SELECT count(*) FROM attendees") == 1


def test_a_batch_that_is_full_is_followed_by_another(database: TestDatabase) -> None:
    event = stored(make_event)
    database.run(
        "INSERT INTO tags (name, is_read_only, event_id, deleted_at) "
        "SELECT n, false, :event, now() - interval '1 year' FROM generate_series(1, :number) AS n",
        event=event.id,
        number=trash.BATCH + 1,
    )
    empty()
    assert database.one("SELECT count(*) FROM tags") == 1
    assert database.one("SELECT count(*) FROM outbox WHERE task = 'purge_trash'") == 1
    empty()
    assert database.one("SELECT count(*) FROM tags") == 0
    assert database.one("SELECT count(*) FROM outbox WHERE task = 'purge_trash'") == 1


def test_it_is_planned_once_a_day(database: TestDatabase) -> None:
    retention.plan(trash.TASK, settings().trash_days)
    retention.plan(trash.TASK, settings().trash_days)
    assert database.one("SELECT key FROM outbox") == f"purge_trash-{clock.now().date().isoformat()}"


def test_a_dry_look_counts_and_removes_nothing(database: TestDatabase) -> None:
    throw(database, "events", 91, stored(make_event).id)
    throw(database, "events", 1, stored(make_event).id)
    with db.transaction() as session:
        found = trash.count_trash(session, REGISTRY, retention.due_before(settings().trash_days))
    assert [(item.type, item.count, item.due) for item in found] == [("event", 2, 1)]
    assert database.one("SELECT count(*) FROM events") == 2


@pytest.fixture
def set_to(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Settings for one test: set_to.setenv(...) and then settings.cache_clear()."""
    yield monkeypatch
    settings.cache_clear()


def test_with_no_days_the_trash_is_never_emptied(database: TestDatabase, set_to: pytest.MonkeyPatch) -> None:
    throw(database, "events", 4000, stored(make_event).id)
    set_to.setenv("TRASH_DAYS", "0")
    settings.cache_clear()
    retention.plan(trash.TASK, settings().trash_days)
    empty()
    assert database.one("SELECT count(*) FROM outbox") == 0
    assert database.one("SELECT count(*) FROM events") == 1


def test_the_whole_api_can_do_without_a_trash(
    client: Client, database: TestDatabase, set_to: pytest.MonkeyPatch
) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    track, other = stored(make_track, event=event), stored(make_track, event=event)
    mine = client.signed_in_as(owner)
    assert mine.delete(f"/v1/tracks/{track.id}").status == 200
    assert database.one("SELECT count(*) FROM tracks WHERE deleted_at IS NOT NULL") == 1
    set_to.setenv("SOFT_DELETE", "false")
    settings.cache_clear()
    assert mine.delete(f"/v1/tracks/{other.id}").status == 200
    assert database.one("SELECT count(*) FROM tracks") == 1
