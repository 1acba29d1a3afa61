"""`make bench-year`: what vacuum leaves, and how indexes bloat, after a simulated year on the real schema.

365 days of orders, tickets, check-ins, tasks, mails, answers, tokens and counters come, change and are purged
at a bounded rate, by the product's own functions where they are cheap. Autovacuum's rule is applied twice a
day (benchmarks/vacuuming.py). Then each table is measured before and after it is written anew.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import chalicelib.entrypoints  # noqa: F401 - knows every model, so that they can refer to each other
from benchmarks import numbers, vacuuming, year_people
from benchmarks.flows import FIRST_DAY, FLOWS
from chalicelib import clock, db, outbox, task_results
from chalicelib.jsonapi.http import idempotency_key
from chalicelib.limits import store
from chalicelib.resources.people.user import one_time_tokens, refresh_families
from chalicelib.settings import settings
from devstack import database, postgres

_DAYS: Final = 365
_STEPS: Final = 2  # of a day
_LOGGED: Final = (
    4  # a day has so many times fewer rows of tasks, mails and answers than benchmarks/flows.py says
)
_PURGES: Final[dict[str, Callable[[], int]]] = {
    "outbox": outbox.forget_old,
    "idempotency_keys": idempotency_key.forget_old,
    "task_results": task_results.forget_old,
    "one_time_tokens": one_time_tokens.forget_old,
    "refresh_families": refresh_families.forget_old,
    "rate_limits": store.forget_old,
}
_SETTINGS: Final = {
    **postgres.FORGETFUL,
    "autovacuum": "off",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
}
_TABLES: Final = """
    SELECT c.relname, pg_table_size(c.oid) / 1e6, pg_indexes_size(c.oid) / 1e6, s.n_live_tup, s.n_dead_tup,
           s.n_tup_upd, s.n_tup_hot_upd, s.n_tup_del
      FROM pg_class c JOIN pg_stat_user_tables s ON s.relid = c.oid
     WHERE s.n_tup_ins + s.n_tup_upd > :least ORDER BY 2 + 3 DESC, 1
"""


@dataclass
class Year:
    """What was done: vacuums by table, and the longest purge of each in seconds."""

    vacuums: Counter[str] = field(default_factory=Counter)
    longest: dict[str, float] = field(default_factory=dict)

    def purge(self, name: str, forget: Callable[[], int]) -> None:
        """Purge, and note how long it took."""
        began = time.perf_counter()
        forget()
        self.longest[name] = max(self.longest.get(name, 0.0), time.perf_counter() - began)


def main() -> int:
    """Live through the year, and print a line for each table. It takes about two minutes."""
    days = numbers.whole("DAYS", _DAYS)
    with postgres.temporary(_SETTINGS) as server:
        database.create_if_missing(server.url("postgres"), "year")
        url = server.url("year")
        database.migrate(url)
        os.environ["DATABASE_URL"] = url
        settings.cache_clear()
        with database.connected(url) as connection:
            _tell(connection, live(connection, days), days)
        db.forget()
    return 0


def live(connection: Any, days: int) -> Year:
    """Live through so many days."""
    people, year = year_people.People(connection), Year()
    tables = [name for (name,) in connection.run("SELECT relname FROM pg_stat_user_tables")]
    for number in range(days):
        day = FIRST_DAY + timedelta(days=number)
        for hour in range(0, 24, 24 // _STEPS):
            now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
            with clock.shifted(now - datetime.now(UTC)):
                _come(connection, now)
                people.live(now)
                for name, forget in _PURGES.items():
                    year.purge(name, forget)
            year.vacuums.update(vacuuming.run(connection, tables))
        if number % 30 == 0:
            connection.run("ANALYZE")
    return year


def _come(connection: Any, now: datetime) -> None:
    for flow in FLOWS:
        rows = flow.rows // _LOGGED // _STEPS
        values = {"table": flow.table, "now": now.isoformat()}
        if not flow.changes:
            connection.run(flow.insert.format(**values, rows=rows))
            continue
        # A row's changes follow within seconds, each in a transaction of its own.
        life = " COMMIT; ".join(
            f"{statement.format(**values, rows=1)};" for statement in (flow.insert, *flow.changes)
        )
        connection.run(f"DO $$ BEGIN FOR turn IN 1 .. {rows} LOOP {life} COMMIT; END LOOP; END $$")


def _tell(connection: Any, year: Year, days: int) -> None:
    connection.run("SELECT pg_stat_force_next_flush()")
    before = connection.run(_TABLES, least=100)
    for name, *_ in before:
        connection.run(f'VACUUM FULL "{name}"')
    after = {name: (table, indexes) for name, table, indexes, *_ in connection.run(_TABLES, least=100)}
    print(
        f"after {days} days, {date.fromordinal(FIRST_DAY.toordinal() + days)}; MB in brackets: written anew"
    )
    print(
        f"{'table':22}{'rows':>10}{'dead':>8}{'MB':>8}{'':10}{'indexes':>9}{'':10}{'bloat':>7}"
        f"{'updates':>10}{'HOT':>6}{'deletes':>9}{'vacuums':>9}{'longest purge':>16}"
    )
    for name, table, indexes, rows, dead, updates, hot, deletes in before:
        anew, indexes_anew = after[name]
        bloat = float(table + indexes) / max(float(anew + indexes_anew), 0.001)
        share = f"{hot / updates:.0%}" if updates else ""
        purge = f"{year.longest[name] * 1000:,.0f} ms" if name in year.longest else ""
        print(
            f"{name:22}{rows:>10,}{dead:>8,}{table:>8.1f}{f'({anew:.1f})':>10}{indexes:>9.1f}"
            f"{f'({indexes_anew:.1f})':>10}{bloat:>7.2f}{updates:>10,}{share:>6}{deletes:>9,}"
            f"{year.vacuums[name]:>9}{purge:>16}"
        )


if __name__ == "__main__":
    sys.exit(main())
