"""Many threads issue numbered papers at once, and some of their transactions are rolled back."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy.orm import Session

from chalicelib import db

_THREADS = 8


class _RolledBack(Exception):
    """Ends a transaction without effect."""


def issue_at_once(numbers: Sequence[int], issue: Callable[[Session, int], object], *, lost: int) -> None:
    """Call issue(session, number) for each number, in a transaction of its own that is rolled back for every
    one at an index that `lost` divides. What fails otherwise is raised.
    """

    def work(turn: int) -> None:
        try:
            with db.transaction() as session:
                issue(session, numbers[turn])
                if turn % lost == 0:
                    raise _RolledBack
        except _RolledBack:
            pass

    with ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(work, range(len(numbers)), timeout=60))


def demand_no_gap(rows: Iterable[dict[str, Any]]) -> None:
    """Assert that the sequences of each seller are 1, 2, 3 and so on, each once."""
    issued = list(rows)
    for seller, count in Counter(row["seller"] for row in issued).items():
        sequences = sorted(row["sequence"] for row in issued if row["seller"] == seller)
        assert sequences == list(range(1, count + 1)), seller
