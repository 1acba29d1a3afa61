"""A connection of the driver alone reads; the engine adopts it; whatever breaks is as with SQLAlchemy."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import db_engine
from chalicelib.db_connection import Address, address_in
from chalicelib.settings import NotConfigured
from tests.support.databases import TestDatabase

ROOT = Path(__file__).resolve().parent.parent
_READING = """
import json, sys
from chalicelib import db_connection, db_statements
from chalicelib.db_statements import fetch, read_only

def one(sql, *values):
    with read_only() as session:
        return fetch(session, sql, values)[0][0]

def is_imported():
    return "sqlalchemy" in sys.modules

def connections():
    return one("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
               " AND usename = current_user AND application_name = current_setting('application_name')")

PID = "SELECT pg_backend_pid()"
answers = {}
"""


def told(code: str) -> dict[str, Any]:
    """What a new process puts into `answers`."""
    program = f"{_READING}\n{textwrap.dedent(code)}\nprint(json.dumps(answers))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, env={**os.environ}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    answers: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answers


def test_a_read_needs_the_driver_alone_and_the_engine_adopts_its_connection(database: TestDatabase) -> None:
    answers = told(
        """
        answers["first"], answers["again"] = one(PID), one(PID)
        answers["imported"] = is_imported()
        before = connections()
        from chalicelib import db
        with db.transaction() as session:
            answers["written with"] = db.fetch(session, PID)[0][0]
            answers["zone"] = db.fetch(session, "SHOW TimeZone")[0][0]
        answers["read with"] = one(PID)
        answers["more"] = connections() - before
        """
    )
    assert answers["imported"] is False
    assert len({answers[name] for name in ("first", "again", "written with", "read with")}) == 1
    assert (answers["zone"], answers["more"]) == ("UTC", 0)


def test_a_connection_in_use_is_not_adopted(database: TestDatabase) -> None:
    answers = told(
        """
        with read_only() as reading:
            first = fetch(reading, PID)[0][0]
            from chalicelib import db
            with db.transaction() as session:
                answers["another"] = db.fetch(session, PID)[0][0] != first
            answers["still there"] = fetch(reading, PID)[0][0] == first
        """
    )
    assert answers == {"another": True, "still there": True}


@pytest.mark.parametrize("idle", [True, False])
def test_a_lost_connection_is_replaced(database: TestDatabase, idle: bool) -> None:
    answers = told(
        f"""
        idle = {idle}
        first = one(PID)
        driver = db_connection.held().driver_connection
        driver._usock.shutdown(2)
        if idle:
            db_connection.held().idle_since -= 60
        else:
            from sqlalchemy.exc import DBAPIError
            from chalicelib.db_errors import is_disconnect
            try:
                one(PID)
            except DBAPIError as failure:
                answers["disconnected"] = is_disconnect(failure)
        answers["another"] = one(PID) != first
        """
    )
    assert answers == {"another": True, **({} if idle else {"disconnected": True})}


def test_an_old_connection_is_replaced_and_one_that_was_lost_is_not_adopted(database: TestDatabase) -> None:
    answers = told(
        """
        first = one(PID)
        db_connection.held().made_at -= 1000
        second = one(PID)
        db_connection.held().driver_connection._usock.shutdown(2)
        db_connection.held().idle_since -= 60
        from chalicelib import db
        with db.transaction() as session:
            third = db.fetch(session, PID)[0][0]
        answers["pids"] = len({first, second, third})
        """
    )
    assert answers == {"pids": 3}


def test_errors_are_those_of_sqlalchemy(database: TestDatabase) -> None:
    answers = told(
        """
        from chalicelib.db_errors import dbapi_errors, sqlstate
        answers["before"] = len(dbapi_errors())
        first = one(PID)
        try:
            one("SELECT $1::int", "no number")
        except Exception as failure:
            answers["kind"] = type(failure).__name__
            answers["is one"], answers["code"] = isinstance(failure, dbapi_errors()), sqlstate(failure)
        answers["same"] = one(PID) == first
        """
    )
    assert answers == {"before": 0, "kind": "DatabaseError", "is one": True, "code": "22P02", "same": True}


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://me:secret@db.example.org:6432/events",
        "postgresql+pg8000://me:p%40ss%2Fw%3Ard@db.example.org/events?sslmode=require",
        "postgresql://me:pa/ss?w#rd@db.example.org/events",
        "postgres://db.example.org",
        "postgresql://me@[::1]:5433/events",
        "postgresql://me:@localhost/",
        "postgresql://some%20body@/events",
    ],
)
def test_a_url_is_read_as_by_sqlalchemy(text: str) -> None:
    assert address_in(text) == db_engine._address(db_engine._url(text))


_WORD = st.text(st.sampled_from("ab1._-%25 äé+~"), min_size=1, max_size=8)


@given(_WORD, _WORD, st.sampled_from(["localhost", "127.0.0.1", "[::1]"]), st.integers(1, 65535), _WORD)
def test_any_url_is(user: str, password: str, host: str, port: int, name: str) -> None:
    text = f"postgresql://{user}:{password}@{host}:{port}/{name}"
    assert address_in(text) == db_engine._address(db_engine._url(text))


def test_what_is_no_url_is_refused_without_quoting_it() -> None:
    with pytest.raises(NotConfigured) as refused:
        address_in("me:secret@db.example.org")
    assert "secret" not in str(refused.value)
    assert address_in("postgresql://db") == Address("db", 5432, None, None, None)
