"""The two classic faults of work that is done later, neither of which can be made here.

A task is handed a row of another transaction, whose values are gone or old when it looks; or it runs before
the row it is about is committed. docs/tasks.md shows both.
"""

import inspect
import types
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from sqlalchemy.orm import Session

from chalicelib import clock, db, outbox, tasks
from chalicelib.resources.people.user.user import User
from chalicelib.tasks import TASKS, RetryLater
from devstack.aws_stand_in import Resources
from tests.support.databases import TestDatabase
from tests.support.outside import Watch
from tests.support.pump import Pump
from tests.tasks.conftest import Declare
from tests.tasks.messages import EMPTY, dead_letters, message, received, send


def test_a_row_cannot_be_handed_to_a_task(database: TestDatabase, stand_in: Resources) -> None:
    with db.transaction() as session:
        user = ada(session)
        for handed in (user, [user], {"whom": user}):
            with pytest.raises(TypeError, match="ids and plain values, never objects"):
                outbox.add(session, "greet", {"user": handed})

    assert database.rows("SELECT * FROM outbox") == []
    assert database.one("SELECT count(*) FROM users") == 1, "the refusal undoes nothing else"


def test_a_task_finds_the_row_in_its_own_transaction_and_as_it_is_by_then(
    database: TestDatabase, declare: Declare, pump: Pump
) -> None:
    given = []

    @declare("greet")
    def greet(session: Session, user_id: int) -> None:
        user = session.get_one(User, user_id)
        given.append((type(user_id), user in session, user.email))

    with db.transaction() as session:
        user = ada(session)
        outbox.add(session, "greet", {"user_id": user.id})
    database.run("UPDATE users SET email = 'ada@new.example.org'")
    pump.everything()

    assert given == [(int, True, "ada@new.example.org")]


def test_no_task_of_ours_could_be_given_anything_but_plain_values() -> None:
    import app  # noqa: F401 - declares them all

    wrong = {
        f"{name}({parameter}: {kind})"
        for name, task in TASKS.items()
        for parameter, kind in _parameters(task.run).items()
        if not _plain(kind)
    }
    assert wrong == set()
    assert len(TASKS) > 10


def test_a_message_leaves_when_its_row_is_committed_and_not_before(
    database: TestDatabase, declare: Declare, pump: Pump, watch: Watch
) -> None:
    found = []

    @declare("greet")
    def greet(session: Session, user_id: int) -> None:
        found.append(session.get(User, user_id) is not None)

    with db.transaction() as session:
        outbox.add(session, "greet", {"user_id": ada(session).id})
        session.flush()
        # Nobody else sees the message while its row is not committed, so nobody can send it.
        assert database.rows("SELECT * FROM outbox") == []
        assert pump.waiting() == EMPTY
        assert found == []
        watch.found.clear()  # it is this test that asks beside locked rows
    assert pump.waiting() == {**EMPTY, "visible": 1}
    pump.everything()

    assert found == [True]


def test_of_a_change_that_is_undone_no_task_ever_hears(
    database: TestDatabase, stand_in: Resources, pump: Pump
) -> None:
    with pytest.raises(LookupError), db.transaction() as session:  # noqa: PT012 - it must be undone
        outbox.add(session, "greet", {"user_id": ada(session).id})
        session.flush()
        raise LookupError

    assert outbox.relay() == 0
    assert pump.waiting() == EMPTY
    assert database.rows("SELECT * FROM outbox") == []


def test_a_message_that_is_there_before_its_row_all_the_same_comes_back_until_it_is(
    database: TestDatabase, declare: Declare, pump: Pump
) -> None:
    greeted = []

    @declare("greet", delays=(0,))
    def greet(session: Session, user_id: int) -> None:
        user = session.get(User, user_id)
        if user is None:
            raise RetryLater(f"there is no user {user_id}")
        greeted.append(user.email)

    send(message("greet", arguments={"user_id": 1}))
    assert pump.tasks() == 1
    assert greeted == []
    assert pump.waiting() == {**EMPTY, "visible": 1}
    with db.transaction() as session:
        ada(session)
    pump.everything()

    assert greeted == ["ada@example.org"]
    assert pump.waiting() == EMPTY


def test_a_row_that_never_comes_ends_as_a_dead_letter_with_the_reason(
    declare: Declare, stand_in: Resources, pump: Pump
) -> None:
    @declare("greet", attempts=3, delays=(0,))
    def greet(session: Session, user_id: int) -> None:
        raise RetryLater(f"there is no user {user_id}")

    send(message("greet", arguments={"user_id": 1}))
    pump.everything()

    ((_, reason),) = dead_letters()
    assert reason == "greet failed 3 times, at last with RetryLater: there is no user 1"


@pytest.mark.parametrize("attempt", [1, 2, 3, 4])
def test_each_task_has_attempts_and_delays_of_its_own(
    declare: Declare, stand_in: Resources, pump: Pump, attempt: int
) -> None:
    @declare("greet", attempts=4, delays=(60, 600))
    def greet(session: Session) -> None:
        raise RetryLater("there is nobody")

    send(message("greet", arguments={}))
    event = received(stand_in)
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(attempt)
    answer = tasks.run(event)

    assert [TASKS["greet"].delay_after(n) for n in (1, 2, 3)] == [60, 600, 600]
    assert bool(answer["batchItemFailures"]) is (attempt < 4)
    assert pump.waiting()["dead"] == (attempt == 4)


def ada(session: Session) -> User:
    user = User(email="ada@example.org", created_at=clock.now())
    session.add(user)
    session.flush()
    return user


def _parameters(run: Any) -> dict[str, Any]:
    hints = get_type_hints(run)
    return {name: hints[name] for name in list(inspect.signature(run).parameters)[1:]}


def _plain(kind: Any) -> bool:
    if get_origin(kind) in (Union, types.UnionType):
        return all(_plain(arg) for arg in get_args(kind))
    if get_origin(kind) is list:
        return all(_plain(arg) for arg in get_args(kind))
    return kind in (int, str, bool, float, type(None))
