"""Query plans of the statements that the system sends."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from pg8000.converters import make_params

from chalicelib.driver import Connection

Statement = tuple[str, tuple[object, ...]]
Plan = dict[str, Any]
HOWS = ("custom", "generic")


@dataclass(frozen=True, slots=True)
class Reading:
    """How many rows of a table, or index entries, were read in one node of a plan."""

    source: str
    how: str
    rows: float

    def __str__(self) -> str:
        return f"{self.how} of {self.source}: {self.rows:.0f} rows"


@contextmanager
def statements_heard() -> Iterator[list[Statement]]:
    """The statements sent within the block, with their values, in order; BEGIN has no plan and is left out."""
    heard: list[Statement] = []
    later = Connection.enqueue

    def listening(self: Connection, sql: str, values: Sequence[object] = (), **more: Any) -> Any:
        if not sql.startswith("begin transaction"):
            heard.append((sql, tuple(values)))
        return later(self, sql, values, **more)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Connection, "enqueue", listening)
        yield heard


class Explainer:
    """Runs EXPLAIN in the database at `url`, read-only."""

    def __init__(self, url: str) -> None:
        at = urlsplit(url)
        self.connection = Connection(
            user=at.username, host=at.hostname, port=at.port, database=at.path[1:], ssl_context=False
        )
        self.connection.execute_simple("SET jit = off")
        self.connection.execute_simple("SET default_transaction_read_only = on")
        self._known: dict[Statement, dict[str, Plan]] = {}

    def plans(self, statement: Statement) -> dict[str, Plan]:
        """The custom plan for these values, and the generic plan that a prepared statement may get."""
        key = statement[0], tuple(map(repr, statement[1]))
        if key not in self._known:
            self._known[key] = self._explained(*statement)
        return self._known[key]

    @contextmanager
    def without(self, index: str) -> Iterator[None]:
        """Pretend that the index does not exist, for the block."""
        known, self._known = self._known, {}
        self.connection.execute_simple("BEGIN READ WRITE")
        try:
            self.connection.execute_simple(f'DROP INDEX "{index}"')
            yield
        finally:
            self.connection.execute_simple("ROLLBACK")
            self._known = known

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def _explained(self, sql: str, values: Sequence[object]) -> dict[str, Plan]:
        texts = make_params(self.connection.py_types, values)
        given = ", ".join("NULL" if text is None else "'" + text.replace("'", "''") + "'" for text in texts)
        asked = f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE asked{f'({given})' if given else ''}"
        self.connection.execute_simple("DEALLOCATE ALL")
        self.connection.execute_simple(f"PREPARE asked AS {sql}")
        plans = {}
        for how in HOWS:
            self.connection.execute_simple(f"SET plan_cache_mode = force_{how}_plan")
            (answer,) = self.connection.execute_simple(asked).rows[0]
            plans[how] = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
        return plans


def explained(url: str, heard: Sequence[Statement], about: str) -> list[dict[str, Plan]]:
    """The plans, custom and generic, of each statement whose text contains `about`."""
    explainer = Explainer(url)
    try:
        return [explainer.plans(item) for item in heard if about in item[0]]
    finally:
        explainer.close()


def readings(plan: Plan, *, counting: bool) -> Iterator[Reading]:
    """What a plan reads, node by node; without `counting`, not what counts all rows of a list."""
    if not counting and _is_count(plan):
        return
    source = plan.get("Relation Name") or plan.get("Index Name")
    if source is not None:
        removed = sum(plan.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Index Recheck"))
        rows = (plan["Actual Rows"] + removed) * plan["Actual Loops"]
        yield Reading(source, plan["Node Type"], rows)
    for below in plan.get("Plans", ()):
        yield from readings(below, counting=counting)


def _is_count(plan: Plan) -> bool:
    """Whether it is the SELECT count(*) of a list, the only one to call its rows `c`."""
    return (
        plan["Node Type"] == "Aggregate"
        and str(plan.get("Subplan Name", "")).startswith("InitPlan")
        and any(re.fullmatch(r"c(_\d+)?", alias) for alias in _aliases(plan))
    )


def _aliases(plan: Plan) -> Iterator[str]:
    if "Alias" in plan:
        yield plan["Alias"]
    for below in plan.get("Plans", ()):
        yield from _aliases(below)
