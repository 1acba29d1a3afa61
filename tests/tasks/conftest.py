"""Tasks that exist for one test only, and a table that shows their effects."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from chalicelib import db, outbox
from chalicelib.tasks import TASKS, task
from tests.support.databases import TestDatabase

Declare = Callable[..., Callable[[Callable[..., None]], Callable[..., None]]]


@pytest.fixture(autouse=True)
def _listens(signals_on: None) -> None:
    """Every test here asks for signals: tasks follow from them."""


@pytest.fixture
def declare() -> Iterator[Declare]:
    """The decorator for tasks, whose tasks are forgotten after the test."""
    before = dict(TASKS)
    yield task
    TASKS.clear()
    TASKS.update(before)


class Effects:
    """Notes that tasks have left in the database."""

    def __init__(self, database: TestDatabase) -> None:
        database.run("CREATE TABLE effects (note text NOT NULL)")
        self._database = database

    @staticmethod
    def note(session: Session, note: str) -> None:
        """Leave a note in the session's transaction."""
        session.execute(text("INSERT INTO effects VALUES (:note)"), {"note": note})

    @property
    def notes(self) -> list[str]:
        """All notes that were committed, sorted."""
        return [row["note"] for row in self._database.rows("SELECT note FROM effects ORDER BY note")]


@pytest.fixture
def effects(database: TestDatabase) -> Effects:
    """An empty table of notes."""
    return Effects(database)


@pytest.fixture
def noting(declare: Declare, effects: Effects) -> Effects:
    """A task "take_note" that leaves its note as an effect."""

    @declare("take_note", delays=(0,))
    def take_note(session: Session, note: str) -> None:
        effects.note(session, note)

    return effects


def write_down(task: str, *, key: str | None = None, delay: int = 0, **arguments: Any) -> None:
    """One committed transaction that asks for the task."""
    with db.transaction() as session:
        outbox.add(session, task, arguments, key=key, delay=delay)
