"""Old rows are brought into today's stored form: by pages, whoever dies in between, and only where it is needed."""

from typing import Any

import pytest

from chalicelib import db
from chalicelib.resources import REGISTRY
from chalicelib.resources.normalize import nouns, plan, rewrite
from chalicelib.tasks.normalize import normalize
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump

EVENT = REGISTRY["event"]
HOSTILE = 'Come & see<img src=x onerror="alert(1)"><script>steal()</script>'
CLEAN = "Come &amp; see"


def as_older_code_stored_it(database: TestDatabase, count: int, text: str = HOSTILE) -> None:
    for _ in range(count):
        stored(make_event)
    database.run("UPDATE events SET description = :text, excerpt = NULL", text=text)


def test_markup_is_cleaned_and_excerpts_are_made(database: TestDatabase, client: Client) -> None:
    as_older_code_stored_it(database, 1)
    with db.transaction() as session:
        page = rewrite(session, EVENT)
    assert (page.rewritten, page.refused) == (1, ())
    (shown,) = client.get("/v1/events").json["data"]
    assert shown["attributes"]["description"] == CLEAN
    assert shown["attributes"]["excerpt"] == "Come & see"


def test_what_is_right_already_is_not_written(database: TestDatabase) -> None:
    as_older_code_stored_it(database, 3)
    with db.transaction() as session:
        assert rewrite(session, EVENT).rewritten == 3
    before = database.rows("SELECT id, xmin::text FROM events ORDER BY id")
    with db.transaction() as session:
        assert rewrite(session, EVENT).rewritten == 0
    assert database.rows("SELECT id, xmin::text FROM events ORDER BY id") == before


def test_it_goes_on_from_the_last_page_that_was_committed(database: TestDatabase) -> None:
    as_older_code_stored_it(database, 5)
    with db.transaction() as session:
        first = rewrite(session, EVENT, limit=2)
    assert first.last is not None
    with pytest.raises(ZeroDivisionError):
        _die_before_the_commit(first.last)
    assert database.one("SELECT count(*) FROM events WHERE excerpt IS NOT NULL") == 2
    with db.transaction() as session:
        rest = rewrite(session, EVENT, first.last, limit=10)
        assert (rest.rewritten, rewrite(session, EVENT, rest.last or 0).last) == (3, None)
    assert database.one("SELECT count(*) FROM events WHERE excerpt IS NOT NULL") == 5


def _die_before_the_commit(after: int) -> None:
    with db.transaction() as session:
        assert rewrite(session, EVENT, after, limit=2).rewritten == 2
        raise ZeroDivisionError


def test_the_task_does_page_after_page_of_every_noun(database: TestDatabase, pump: Pump) -> None:
    as_older_code_stored_it(database, 3)
    with db.transaction() as session:
        normalize(session)
    pump.everything()
    assert database.one("SELECT count(*) FROM events WHERE description = :text", text=CLEAN) == 3
    done = database.one("SELECT count(DISTINCT arguments ->> 'type') FROM outbox WHERE done_at IS NOT NULL")
    assert done == len(list(nouns(REGISTRY)))


def test_a_migration_of_old_rows_plans_it_once_and_for_later(database: TestDatabase) -> None:
    for _ in range(2):
        plan({"from": "an older revision", "applied": ["a newer one"]})
    ((task, wait),) = (
        (row["task"], row["wait"])
        for row in database.rows("SELECT task, extract(epoch FROM due_at - created_at) AS wait FROM outbox")
    )
    assert (task, wait) == ("normalise", 3600)


@pytest.mark.parametrize("told", [{"from": None, "applied": ["all"]}, {"from": "the newest", "applied": []}])
def test_nothing_is_planned_where_there_are_no_old_rows(database: TestDatabase, told: dict[str, Any]) -> None:
    plan(told)
    assert database.one("SELECT count(*) FROM outbox") == 0


def test_a_row_whose_new_form_is_taken_stays_and_is_told(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(make_user, email="ada@example.org")
    other = stored(make_user, email="ada@example.org.")
    third = stored(make_user, email="grace@example.org.")
    field: Any = REGISTRY["user"].attributes["email"].field
    monkeypatch.setattr(field, "stored_form", lambda text: text.rstrip("."), raising=False)
    with db.transaction() as session:
        page = rewrite(session, REGISTRY["user"])
    assert (page.rewritten, page.refused) == (1, (other.id,))
    found = database.rows("SELECT id, email FROM users ORDER BY id")
    assert [row["email"] for row in found] == ["ada@example.org", "ada@example.org.", "grace@example.org"]
    assert third.id == found[-1]["id"]
