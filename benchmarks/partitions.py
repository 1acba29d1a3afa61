"""Which tables gain by partitions: a year of inserts, changes and purges, in whole and partitioned tables.

The twin of each table has the same columns and indexes, and is partitioned by time, or by id. A purge deletes
rows in one and drops a partition in the other. Autovacuum's rule is applied after each step of a day, as time
passes too fast for its own clock. docs/adr/0020 has the figures: python -m benchmarks.partitions
"""

import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks import numbers, vacuuming
from benchmarks.flows import FIRST_DAY, FLOWS, Flow
from devstack import database, postgres

_DAYS = 365
_STEPS = 4  # of a day, each with its rows, their changes and a purge
_PROBES = 2_000
# As a server that keeps what it has committed, as far as the log is concerned.
_SERVER = {
    **postgres.FORGETFUL,
    "full_page_writes": "on",
    "autovacuum": "off",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
}
_INDEXES = """
    SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = :table ORDER BY indexname
"""
_SIZES = """
    SELECT sum(pg_table_size(relid)), sum(pg_indexes_size(relid))
      FROM unnest(CAST(:tables AS regclass[])) leaf (relid)
"""
_HEAD = (
    f"{'':22}{'rows':>9}{'left':>9}{'insert':>9}{'change':>9}{'purge s':>9}{'longest':>9}{'WAL':>7}"
    f"{'vacuum s':>9}{'WAL':>7}{'all WAL':>9}{'table MB':>9}{'anew':>7}{'indexes':>9}{'anew':>7}"
    f"{'plan':>7}{'probe':>8}"
)


@dataclass
class Cost:
    """What a year has taken: seconds and MB of WAL by what was done, and the longest purge in seconds."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(("change", "vacuum"), 0.0))
    wal: dict[str, float] = field(default_factory=lambda: dict.fromkeys(("change", "vacuum"), 0.0))
    longest: float = 0.0
    rows: int = 0

    @contextmanager
    def of(self, what: str, connection: Any) -> Iterator[None]:
        """Count what the block takes as `what`."""
        before, began = _wal(connection), time.perf_counter()
        yield
        took = time.perf_counter() - began
        self.seconds[what] = self.seconds.get(what, 0.0) + took
        self.wal[what] = self.wal.get(what, 0.0) + (_wal(connection) - before) / 1e6
        if what == "purge":
            self.longest = max(self.longest, took)


class Twin:
    """A table that is like another, whole or partitioned."""

    def __init__(self, connection: Any, flow: Flow, *, is_partitioned: bool) -> None:
        self.connection, self.flow, self.is_partitioned = connection, flow, is_partitioned
        self.name = f"{flow.table}_{'parts' if is_partitioned else 'whole'}"
        self._parts: list[str] = []
        self._made = 0
        if is_partitioned:
            self._make_partitioned()
        else:
            connection.run(f"CREATE TABLE {self.name} (LIKE {flow.table} INCLUDING ALL)")

    def _make_partitioned(self) -> None:
        column, run = self.flow.partitioned_by, self.connection.run
        run(
            f"CREATE TABLE {self.name} (LIKE {self.flow.table} INCLUDING DEFAULTS INCLUDING IDENTITY) "
            f"PARTITION BY RANGE ({column})"
        )
        for number, (definition,) in enumerate(run(_INDEXES, table=self.flow.table)):
            made = re.sub(r"INDEX \S+ ON \S+", f"INDEX {self.name}_{number} ON {self.name}", definition)
            if "UNIQUE" in made and column != "id":  # all columns of the partition key have to be in it
                made = re.sub(r"\)$", f", {column})", made)
            run(made)

    def make_ready(self, day: int) -> None:
        """Make the partition of this day, if it is its first."""
        if not self.is_partitioned or day < self._made * self.flow.partition_days:
            return
        part, days = f"{self.name}_of_{self._made}", self.flow.partition_days
        if self.flow.partitioned_by == "id":
            size = days * self.flow.rows
            bounds: tuple[object, ...] = (self._made * size + 1, (self._made + 1) * size + 1)
        else:
            bounds = tuple(FIRST_DAY + timedelta(days=days * n) for n in (self._made, self._made + 1))
        self.connection.run(
            f"CREATE TABLE {part} PARTITION OF {self.name} FOR VALUES FROM ('{bounds[0]}') TO ('{bounds[1]}')"
        )
        self._made += 1
        self._parts.append(part)

    def purge(self, before: str) -> None:
        """Delete what is older, or drop the partitions of which every row is."""
        run, column = self.connection.run, self.flow.column
        if not self.is_partitioned:
            run(f"DELETE FROM {self.name} WHERE {column} < '{before}'")
            return
        while len(self._parts) > 1:
            newest = run(f"SELECT max({column}) < '{before}' FROM {self._parts[0]}")[0][0]
            if newest is False:
                return
            run(f"DROP TABLE {self._parts.pop(0)}")

    def tables(self) -> list[str]:
        """The tables that have rows."""
        return self._parts if self.is_partitioned else [self.name]


def main() -> int:
    """Live through the year with each table, and print what it took. It takes about ten minutes."""
    days = numbers.whole("DAYS", _DAYS)
    print("microseconds for each row that comes and changes, ms of the longest purge, MB; by its key a row")
    print("is found by a plan that is made in ms, and a probe in microseconds")
    print(_HEAD)
    with tempfile.TemporaryDirectory(prefix="partitions-") as name:
        directory = Path(name)
        directory.chmod(0o711)  # PostgreSQL may run as somebody else, who must get through
        server = postgres.start(directory / "postgres", _SERVER)
        try:
            database.create_if_missing(server.url("postgres"), "year")
            database.migrate(server.url("year"))
            with database.connected(server.url("year")) as connection:
                for flow in FLOWS:
                    for is_partitioned in (False, True):
                        _tell(Twin(connection, flow, is_partitioned=is_partitioned), days)
        finally:
            server.stop()
    return 0


def _tell(twin: Twin, days: int) -> None:
    cost = _live(twin, days)
    table, indexes = _sizes(twin)
    left = twin.connection.run(f"SELECT count(*) FROM {twin.name}")[0][0]
    planning, probe = _lookup(twin)
    for name in twin.tables():
        twin.connection.run(f"VACUUM FULL {name}")
    table_anew, indexes_anew = _sizes(twin)
    seconds, wal = cost.seconds, cost.wal
    print(
        f"{twin.name:22}{cost.rows:>9,}{left:>9,}{seconds['insert'] / cost.rows * 1e6:>9.1f}"
        f"{seconds['change'] / cost.rows * 1e6:>9.1f}{seconds['purge']:>9.1f}{cost.longest * 1e3:>9.0f}"
        f"{wal['purge']:>7.0f}{seconds['vacuum']:>9.1f}{wal['vacuum']:>7.0f}{sum(wal.values()):>9,.0f}"
        f"{table:>9.1f}{table_anew:>7.1f}{indexes:>9.1f}{indexes_anew:>7.1f}{planning:>7.2f}{probe:>8.1f}",
        flush=True,
    )


def _live(twin: Twin, days: int) -> Cost:
    cost, run = Cost(), twin.connection.run
    for number in range(days):
        day = FIRST_DAY + timedelta(days=number)
        twin.make_ready(number)
        for step in range(_STEPS):
            hour = 24 // _STEPS * step
            now = f"{day} {hour:02}:00:00+00"
            count = twin.flow.rows // _STEPS
            with cost.of("insert", twin.connection):
                run(twin.flow.insert.format(table=twin.name, now=now, rows=count))
            cost.rows += count
            for change in twin.flow.changes:
                with cost.of("change", twin.connection):
                    run(change.format(table=twin.name, now=now))
            with cost.of("purge", twin.connection):
                twin.purge(f"{day - timedelta(days=twin.flow.kept_days)} {hour:02}:00:00+00")
            with cost.of("vacuum", twin.connection):
                vacuuming.run(twin.connection, twin.tables())
        if number % 30 == 0:
            run(f"ANALYZE {twin.name}")
    return cost


def _lookup(twin: Twin) -> tuple[float, float]:
    """ms of planning, and microseconds of looking one row up by its unique key."""
    run, key = twin.connection.run, twin.flow.key
    kind = "bigint" if key == "id" else "text"
    run(f"ANALYZE {twin.name}")
    keys = [row[0] for row in run(f"SELECT {key} FROM {twin.name} ORDER BY random() LIMIT {_PROBES}")]
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM {twin.name} WHERE {key} = '{keys[0]}'"
    planning = min(run(explain)[0][0][0]["Planning Time"] for _ in range(5))
    for how in ("hashjoin", "mergejoin", "seqscan"):
        run(f"SET enable_{how} = off")
    began = time.perf_counter()
    run(
        f"SELECT count(r) FROM unnest(CAST(:keys AS {kind}[])) k, LATERAL (SELECT 1 AS r FROM {twin.name} "
        f"WHERE {key} = k OFFSET 0) x",
        keys=keys,
    )
    took = time.perf_counter() - began
    run("RESET ALL")
    return planning, took / len(keys) * 1e6


def _sizes(twin: Twin) -> tuple[float, float]:
    table, indexes = twin.connection.run(_SIZES, tables=twin.tables())[0]
    return float(table) / 1e6, float(indexes) / 1e6


def _wal(connection: Any) -> int:
    return int(connection.run("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")[0][0])


if __name__ == "__main__":
    sys.exit(main())
