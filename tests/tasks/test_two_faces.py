"""Two faces of one mistake that cannot be made here: a task with a detached instance, a task too early."""

import pytest
from sqlalchemy.orm import Session

from chalicelib import clock, db, outbox
from chalicelib.resources.people.user import User
from devstack.aws_stand_in import Resources
from tests.support.databases import TestDatabase
from tests.support.pump import Pump
from tests.tasks.conftest import Declare


def test_a_task_can_never_touch_a_detached_instance(
    database: TestDatabase, declare: Declare, stand_in: Resources, pump: Pump
) -> None:
    given = []

    @declare("greet")
    def greet(session: Session, user_id: int) -> None:
        user = session.get_one(User, user_id)
        given.append((type(user_id), user in session, user.email))

    with db.transaction() as session:
        user = User(email="ada@example.org", created_at=clock.now())
        session.add(user)
        session.flush()
        with pytest.raises(TypeError, match="never objects"):
            outbox.add(session, "greet", {"user_id": user})
        outbox.add(session, "greet", {"user_id": user.id})
    pump.everything()

    assert given == [(int, True, "ada@example.org")]


def test_a_task_can_never_run_before_its_row_is_committed(
    database: TestDatabase, declare: Declare, stand_in: Resources, pump: Pump
) -> None:
    found = []

    @declare("greet")
    def greet(session: Session, user_id: int) -> None:
        found.append(session.get(User, user_id) is not None)

    with db.transaction() as session:
        user = User(email="ada@example.org", created_at=clock.now())
        session.add(user)
        session.flush()
        outbox.add(session, "greet", {"user_id": user.id})
        session.flush()
        # Nobody else sees the message while its row is not committed, so nobody can send it.
        assert database.rows("SELECT * FROM outbox") == []
        assert pump.tasks() == 0
        assert found == []
    pump.everything()

    assert found == [True]
