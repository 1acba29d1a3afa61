"""What the former server answered for a row, and what ours answers: each difference has a reason."""

from collections import Counter

import pytest

from tests.moving_in import former
from tests.moving_in.answers import ACTORS, differences
from tests.moving_in.reasons import REASONS, reason_for
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

pytestmark = pytest.mark.one_database


def test_each_difference_has_a_reason(client: Client, database: TestDatabase) -> None:
    counts: Counter[str] = Counter()
    unexplained = []
    for difference in differences(client, database):
        reason = reason_for(difference)
        counts[reason or ""] += 1
        if reason is None:
            unexplained.append(difference)
    rows = len(former.answers()["rows"])
    print(f"{rows} rows for {len(ACTORS)} actors, {counts.total()} differences")  # shown by pytest -s
    for reason, count in counts.most_common():
        print(f"{count:5} {reason}")
    assert unexplained == [], "\n".join(map(str, unexplained))
    assert REASONS.keys() - counts.keys() == set(), "reasons that explain nothing any more"
