"""Rate limit counters in PostgreSQL: one row per key, shared by all processes.

GCRA (generic cell rate algorithm, a token bucket): `free_at` is when everything counted has expired. A hit
adds one step, and is refused where that would be more than a period ahead. A hit is one statement, committed
by itself before the work: refused and rolled back requests count, and no row lock is held during the work.
https://en.wikipedia.org/wiki/GCRA
"""

import math
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from chalicelib import clock, db_statements
from chalicelib.limits.limit import Counter

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_ROOM: Final = "greatest(kept.free_at, $4) + (excluded.free_at - $4) <= $4 + excluded.period"
# First all rows are locked, in one order, so that either each of them is hit or none. Rows that do not exist
# yet cannot be locked: concurrent first hits are judged separately.
_HIT: Final = f"""
    WITH hit AS (
      SELECT * FROM unnest($1::text[], $2::float8[], $3::float8[]) AS hit (key, step, period) {{where}}
    ), held AS MATERIALIZED (
      SELECT key, free_at FROM rate_limits WHERE key IN (SELECT key FROM hit) ORDER BY key FOR UPDATE
    ), judged AS MATERIALIZED (
      SELECT key, step, period, greatest(held.free_at, $4::float8) + step - period - $4 AS wait
      FROM hit LEFT JOIN held USING (key)
    ), counted AS (
      INSERT INTO rate_limits AS kept (key, free_at, period, wait)
      SELECT key, $4 + step, period, 0 FROM judged
      WHERE (SELECT bool_and(wait <= 0) FROM judged) ORDER BY key
      ON CONFLICT (key) DO UPDATE SET
        free_at = CASE WHEN {_ROOM} THEN greatest(kept.free_at, $4) + (excluded.free_at - $4)
          ELSE kept.free_at END,
        period = excluded.period,
        wait = CASE WHEN {_ROOM} THEN 0
          ELSE kept.free_at + (excluded.free_at - $4) - excluded.period - $4 END
      RETURNING key, wait
    )
    SELECT judged.key, coalesce(counted.wait, judged.wait), counted.wait <= 0
    FROM judged LEFT JOIN counted ON counted.key = judged.key
"""  # noqa: S608 - no user input
_RESERVE: Final = """
    INSERT INTO rate_limits AS kept (key, free_at, period, wait)
    SELECT key, $4 + step, period, 0
    FROM unnest($1::text[], $2::float8[], $3::float8[]) AS hit (key, step, period) ORDER BY key
    ON CONFLICT (key) DO UPDATE SET
      free_at = greatest(kept.free_at, $4) + (excluded.free_at - $4), period = excluded.period, wait = 0
    RETURNING key, free_at
"""
_KEEP: Final = """
    INSERT INTO rate_limits (key, free_at, period, wait)
    SELECT key, $2::float8 + $3::float8, $3::float8, 0 FROM unnest($1::text[]) AS kept (key) ORDER BY key
    ON CONFLICT (key) DO UPDATE SET free_at = excluded.free_at
"""
_LOOK: Final = "SELECT key, free_at FROM rate_limits WHERE key = ANY ($1::text[])"
_CAP: Final = "UPDATE rate_limits SET free_at = least(free_at, $2) WHERE key = $1"
_FORGET: Final = "DELETE FROM rate_limits WHERE free_at < $1 RETURNING 1"
# Tolerance for floating point rounding, in seconds.
_ROUNDING: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Full:
    """A counter over its limit, and the seconds until it has room."""

    counter: Counter
    seconds: int


def hit(
    counters: Sequence[Counter],
    unless: str = "",
    values: Sequence[object] = (),
    *,
    session: "Session | None" = None,
) -> tuple[list[Counter], list[Full]]:
    """Count once in each, in one statement; returns (those counted, those over the limit).

    Committed at once unless a `session` is given. All or nothing: none is counted where one is full. None is
    counted where the SQL condition `unless` holds; its parameters are `values`, from $5 on.
    """
    sql = _HIT.format(where=f"WHERE NOT ({unless})" if unless else "")
    with nullcontext(session) if session is not None else db_statements.read_only() as asking:
        rows = db_statements.fetch(asking, sql, [*_columns(counters), *values])
    by_key = {key: (wait, is_counted) for key, wait, is_counted in rows}
    known = [(counter, *by_key[counter.key]) for counter in counters if counter.key in by_key]
    counted = [counter for counter, _, is_counted in known if is_counted]
    return counted, [Full(counter, _whole(wait)) for counter, wait, _ in known if wait > 0]


def give_back(counters: Sequence[Counter], session: "Session | None" = None) -> None:
    """Refund one hit of each: with the session's commit, or at once without a session."""
    if not counters:
        return
    sql, values = _HIT.format(where=""), _columns(counters, times=[-1] * len(counters))
    if session is not None:
        db_statements.enqueue_for_commit(session, sql, values)
        return
    with db_statements.read_only() as alone:
        db_statements.fetch(alone, sql, values)


def keep(session: "Session", keys: Sequence[str], seconds: float) -> None:
    """Keep keys that count nothing for so many seconds, from the session's commit on."""
    db_statements.enqueue_for_commit(session, _KEEP, [list(keys), _now(), seconds])


def test(session: "Session", counters: Sequence[Counter]) -> Any:
    """Queue the check whether there is room with the session's next statement; pass its rows to full_in()."""
    return db_statements.enqueue(session, _LOOK, [[counter.key for counter in counters]])


def full_in(rows: Sequence[Sequence[Any]], counters: Sequence[Counter]) -> list[Full]:
    """The counters over their limit, from the rows of test()."""
    free_at, now = dict(tuple(row) for row in rows), _now()
    waits = {
        counter: free_at.get(counter.key, now) + counter.rate.step - counter.rate.period - now - _ROUNDING
        for counter in counters
    }
    return [Full(counter, _whole(wait)) for counter, wait in waits.items() if wait > 0]


def resets_in(session: "Session", counters: Sequence[Counter]) -> int:
    """Seconds until all of them have room; 0 when they have."""
    rows = db_statements.fetch(session, _LOOK, [[counter.key for counter in counters]])
    return max((wait.seconds for wait in full_in(rows, counters)), default=0)


def reserve(
    session: "Session", counters: Sequence[Counter], times: Sequence[int], most: float
) -> list[float]:
    """Count so many `times` in each, in the session's transaction, without refusing; returns the waits of the
    last.

    Waits are seconds from now, at most `most`: what would have to wait longer is not counted.
    """
    if not counters:
        return []
    rows = dict(db_statements.fetch(session, _RESERVE, _columns(counters, times)))
    now = _now()
    waits = [max(0.0, rows[counter.key] - counter.rate.period - now - _ROUNDING) for counter in counters]
    for counter, wait in zip(counters, waits, strict=True):
        if wait > most:
            db_statements.enqueue(session, _CAP, [counter.key, now + counter.rate.period + most])
    return waits


def forget_old() -> int:
    """Delete expired counters. Returns how many."""
    from chalicelib.db import transaction  # lazy: a cold read needs no SQLAlchemy

    with transaction() as session:
        return len(db_statements.fetch(session, _FORGET, [_now()]))


def _columns(counters: Sequence[Counter], times: Sequence[int] | None = None) -> list[object]:
    times = times if times is not None else [1] * len(counters)
    steps = [counter.rate.step * number for counter, number in zip(counters, times, strict=True)]
    return [
        [counter.key for counter in counters],
        steps,
        [counter.rate.period + _ROUNDING for counter in counters],
        _now(),
    ]


def _now() -> float:
    return clock.now().timestamp()


def _whole(seconds: float) -> int:
    return max(1, math.ceil(seconds))
