"""Notes SQL that leaves state in its session, which a connection pooler would give to another client.

What is of a transaction ends with it: SET LOCAL, set_config(..., true), pg_advisory_xact_lock.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import pytest

from chalicelib.driver import Connection

# Whole statements, of which there may be several in one text.
_STATEMENT: Final = re.compile(
    r"\s*(?:(?:LISTEN|UNLISTEN|DISCARD|PREPARE(?! TRANSACTION)|EXECUTE|DEALLOCATE|LOAD|RESET)\b"
    r"|SET\s+(?!LOCAL\b|TRANSACTION\b|CONSTRAINTS\b)\w)",
    re.IGNORECASE,
)
# Parts of statements, each with a word without which it is not there: statements are long, and looking for a
# word takes a hundredth of the time.
_PARTS: Final = tuple(
    (word, re.compile(pattern, re.IGNORECASE))
    for word, pattern in (
        ("TEMP", r"\bCREATE\s+(?:LOCAL\s+|GLOBAL\s+)?TEMP(?:ORARY)?\b"),
        ("TEMP", r"\bINTO\s+TEMP(?:ORARY)?\b"),
        ("HOLD", r"\bWITH\s+HOLD\b"),
        ("_ADVISORY_LOCK", r"\bpg_(?:try_)?advisory_lock(?:_shared)?\b"),
        ("PG_ADVISORY_UNLOCK", r"\bpg_advisory_unlock"),
        ("CURRVAL", r"\bcurrval\s*\("),
        ("LASTVAL", r"\blastval\s*\("),
    )
)
_SETS: Final = re.compile(r"\bset_config\s*\(", re.IGNORECASE)
_SETS_LOCALLY: Final = re.compile(r"\bset_config\s*\([^;]*?,\s*true\s*\)", re.IGNORECASE)
# Whatever hands a statement on; the first caller beyond is who has written it.
_BETWEEN: Final = ("chalicelib.db", "chalicelib.driver", "sqlalchemy", "pg8000", "contextlib", __name__)
# A migration is one session, and refuses a pooler. Tests and benchmarks may do as they like.
_MAY: Final = (
    "chalicelib.migrate",
    "chalicelib.ddl",
    "chalicelib.db_roles",
    "alembic",
    "tests",
    "benchmarks",
    "devstack",
)


@cache
def leaves_state(sql: str) -> bool:
    """Whether the statement leaves something in its session."""
    if any(_STATEMENT.match(sql, begin) for begin in _beginnings(sql)):
        return True
    text = sql.upper()
    if any(word in text and pattern.search(sql) for word, pattern in _PARTS):
        return True
    return "SET_CONFIG" in text and len(_SETS.findall(sql)) > len(_SETS_LOCALLY.findall(sql))


def _beginnings(sql: str) -> Iterator[int]:
    yield 0
    end = sql.find(";")
    while end >= 0:
        yield end + 1
        end = sql.find(";", end + 1)


@contextmanager
def noted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements of the product in the block that leave state, each with who has sent it."""
    found: list[str] = []

    def watching(name: str) -> None:
        sends = getattr(Connection, name)

        def watched(self: Connection, sql: str, *rest: Any, **more: Any) -> Any:
            if leaves_state(sql):
                found.extend(f"{who}: {sql}" for who in _writers())
            return sends(self, sql, *rest, **more)

        patched.setattr(Connection, name, watched)

    with monkeypatch.context() as patched:
        watching("enqueue")
        watching("execute_simple")
        yield found


def _writers() -> Iterator[str]:
    frame: Any = sys._getframe(1)
    while frame is not None and _is_between(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    name = frame.f_globals.get("__name__", "") if frame is not None else ""
    if not name.startswith(_MAY):
        yield name


def _is_between(name: str) -> bool:
    return name.startswith(_BETWEEN) and not name.startswith("chalicelib.db_roles")
