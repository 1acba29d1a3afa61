"""What a wake-up is given is its own: two of them in one process leave nothing with each other."""

import json
import math
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chalicelib import db, log, outbox, signals, tasks
from chalicelib.auth.viewer import NOBODY, Viewer
from chalicelib.jsonapi.ground.request import Answer, Request, plain
from chalicelib.jsonapi.http import action
from chalicelib.jsonapi.model.context import Context, open_context
from chalicelib.resources import REGISTRY
from chalicelib.resources.people.user.user import User
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "context.md"


@dataclass(frozen=True)
class Seen:
    """What work sees of the wake-up that it is in."""

    viewer: str
    request_id: str
    trace: str
    session: int
    connection: int


def look(context: Context) -> Seen:
    ((connection,),) = db.fetch(context.session, "SELECT pg_backend_pid()")
    return Seen(context.viewer.email, context.request_id, log.trace_id(), id(context.session), connection)


@pytest.fixture
def answering() -> Iterator[Callable[[Callable[..., Answer]], None]]:
    """Let a function answer POST /v1/events/{id}/linger for the length of the test."""
    before = {length: list(listed) for length, listed in action.ACTIONS.items()}

    def answer(run: Callable[..., Answer]) -> None:
        action.add(action.Action("POST", ("v1", "events", "{id}", "linger"), run))

    yield answer
    action.ACTIONS.clear()
    action.ACTIONS.update(before)


def a_connection_for_another_process() -> None:
    """Whoever asks next gets a connection of its own, as in production, where each has its own process."""
    db.engine.cache_clear()


def test_two_requests_that_interleave_see_each_their_own_viewer_session_and_ids(
    client: Client, answering: Callable[[Callable[..., Answer]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    people = [stored(make_user) for _ in range(2)]
    first_is_in, both_are_in, both_have_spoken = threading.Event(), threading.Barrier(2), threading.Barrier(2)
    seen: dict[str, list[Seen]] = {person.email: [] for person in people}
    heard: list[str] = []

    def linger(context: Context, id: str) -> Answer:
        email = context.viewer.email
        seen[email].append(look(context))
        first_is_in.set()
        both_are_in.wait(30)
        if email == people[0].email:
            with signals.muted():
                both_have_spoken.wait(30)
                signals.emit(context.session, "kettle.boiled", who=email)
        else:
            both_have_spoken.wait(30)
            signals.emit(context.session, "kettle.boiled", who=email)
        log.info("lingering", viewer_id=context.viewer.id)
        seen[email].append(look(context))
        assert 0 < context.seconds_left < 29
        return plain({"id": id})

    answering(linger)
    former = db.engine()
    first = threading.Thread(
        target=lambda: client.signed_in_as(people[0]).post("/v1/events/1/linger", content_type=None)
    )
    with signals.temporary_receiver(
        "kettle.boiled", lambda _session, **payload: heard.append(payload["who"])
    ):
        first.start()
        assert first_is_in.wait(30)
        a_connection_for_another_process()
        reply = client.signed_in_as(people[1]).post("/v1/events/2/linger", content_type=None)
        first.join(30)
    former.dispose()

    assert reply.json == {"id": "2"}
    stories = [seen[person.email] for person in people]
    assert all(before == after for before, after in stories)
    one, other = (story[0] for story in stories)
    for name in ("viewer", "request_id", "trace", "session", "connection"):
        assert getattr(one, name) != getattr(other, name), name
    assert (one.trace, other.trace) == (one.request_id, other.request_id)
    assert heard == [people[1].email], "the silence of one is not that of the other"
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if "lingering" in line]
    assert {(line["viewer_id"], line["trace"]) for line in lines} == {
        (people[0].id, one.trace),
        (people[1].id, other.trace),
    }
    assert log.trace_id() == ""


def test_a_request_within_a_task_is_a_wake_up_of_its_own(
    client: Client, pump: Pump, answering: Callable[[Callable[..., Answer]], None]
) -> None:
    user = stored(make_user)
    seen: list[Seen] = []
    around: list[tuple[str, int]] = []

    def linger(context: Context, id: str) -> Answer:
        seen.append(look(context))
        return plain({})

    answering(linger)
    former = db.engine()

    def ask(session: Session) -> None:
        around.append((log.trace_id(), id(session)))
        a_connection_for_another_process()
        assert client.signed_in_as(user).post("/v1/events/1/linger", content_type=None).status == 200
        around.append((log.trace_id(), id(session)))
        session.execute(text("UPDATE users SET details = 'asked'"))

    tasks.task("ask")(ask)
    try:
        with log.traced("the-cause"), db.transaction() as session:
            outbox.add(session, "ask", {})
        pump.tasks()
    finally:
        del tasks.TASKS["ask"]
        former.dispose()

    (inner,) = seen
    assert around[0] == around[1] == ("the-cause", around[0][1])
    assert inner.viewer == user.email
    assert inner.trace == inner.request_id != "the-cause"
    assert inner.session != around[0][1]
    assert stored(lambda session: session.get_one(User, user.id).details) == "asked"
    assert log.trace_id() == ""


def test_nobody_is_left_of_whoever_asked_before(
    client: Client, answering: Callable[[Callable[..., Answer]], None]
) -> None:
    seen: list[Any] = []

    def linger(context: Context, id: str) -> Answer:
        seen.append((context.viewer, context.request.headers.get("authorization")))
        raise RuntimeError("a bug")

    answering(linger)
    assert client.signed_in_as(stored(make_user)).post("/v1/events/1/linger", content_type=None).status == 500
    assert client.post("/v1/events/1/linger", content_type=None).status == 500

    assert seen[0][0].id is not None
    assert seen[1] == (NOBODY, None)
    assert db.engine().pool.checkedout() == 0  # type: ignore[attr-defined]


def test_a_context_is_opened_as_somebody_without_a_request(client: Client) -> None:
    user = stored(make_user)

    with open_context(REGISTRY, user_id=user.id) as context:
        assert (context.viewer.id, context.registry) == (user.id, REGISTRY)
        assert context.request_id == log.trace_id() != ""
        assert context.seconds_left == math.inf
        assert context.session.get_one(User, user.id).email == user.email
    with open_context(REGISTRY) as context:
        assert context.viewer is NOBODY
    assert log.trace_id() == ""


def test_a_context_that_is_not_opened_for_writing_cannot_write_whatever_happens_in_it(client: Client) -> None:
    event = stored(make_event)
    change = text("UPDATE events SET name = 'Changed'")
    with open_context(REGISTRY) as context:
        for _ in range(2):
            with pytest.raises(DBAPIError, match="read-only transaction"):
                context.session.execute(change)
            context.session.rollback()
    with open_context(REGISTRY, writes=True) as context:
        context.session.execute(text("UPDATE events SET name = 'Written'"))

    assert client.get(f"/v1/events/{event.id}").data["attributes"]["name"] == "Written"


def test_a_changed_copy_has_all_that_was_not_changed(database: TestDatabase) -> None:
    with open_context(REGISTRY) as opened:
        context = replace(opened, told={"key": 1}, may_commit=lambda: True)
        kept = {field.name for field in fields(context)}
        for name, copy in (
            ("viewer", context.acting_as(Viewer(id=7))),
            ("may_commit", context.committing_when(lambda: False)),
            ("request", context.asking(path=("v1",))),
        ):
            assert {item for item in kept if getattr(copy, item) is getattr(context, item)} == kept - {name}


@pytest.mark.parametrize("state", ["is_blocked = true", "deleted_at = now()"])
def test_nobody_acts_as_an_account_that_may_not(client: Client, database: TestDatabase, state: str) -> None:
    user = stored(make_user)
    database.run(f"UPDATE users SET {state}")
    with pytest.raises(LookupError, match="may not act"), open_context(REGISTRY, user_id=user.id):
        pass


def test_the_script_on_the_page_works(database: TestDatabase) -> None:
    stored(make_event, name="Tea")
    (script,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "1 events, the newest is Tea\n"), done.stderr


@pytest.mark.parametrize("copied", [Context.acting_as, Context.at, Context.committing_when, Context.asking])
def test_copies_of_a_context_keep_every_field(copied: Callable[..., Context]) -> None:
    marks: dict[str, Any] = {item.name: object() for item in fields(Context)}
    request: dict[str, Any] = {item.name: object() for item in fields(Request)}
    context = Context(**{**marks, "request": Request(**request)})
    what: dict[Any, dict[str, Any]] = {
        Context.acting_as: {"viewer": NOBODY},
        Context.at: {"path": ("v1", "events")},
        Context.committing_when: {"may_commit": lambda: True},
        Context.asking: {"query": (("a", "b"),)},
    }
    ((name, value),) = what[copied].items()
    made = copied(context, **{name: value})
    if name in request:
        assert made == replace(context, request=replace(context.request, **{name: value}))
    else:
        assert made == replace(context, **{name: value})
    changed = {
        item.name for item in fields(Request) if getattr(made.request, item.name) is not request[item.name]
    }
    changed |= {
        item.name for item in fields(Context) if getattr(made, item.name) is not getattr(context, item.name)
    }
    assert changed - {"request"} == {name}
