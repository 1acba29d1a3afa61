"""A table of the most rows: memory stays flat, and a second import of it changes nothing."""

import json
import tracemalloc

import pytest

from chalicelib.imports.importing import Importing
from chalicelib.imports.tables import MOST_ROWS
from tests.imports.conftest import Place

pytestmark = pytest.mark.one_database
_MANY = """
INSERT INTO speakers (event_id, is_featured, is_email_overridden, name, email, short_biography)
SELECT :event, FALSE, FALSE, 'Speaker ' || n, n || '@example.org',
  (SELECT string_agg(md5(n || '-' || k), ' ') FROM generate_series(1, 30) k)
FROM generate_series(1, :rows) n
"""
MOST_MB = 300


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_most_rows_fit_into_memory(place: Place, form: str, environment: pytest.MonkeyPatch) -> None:
    environment.setattr(Importing, "demand_time", lambda _importing: None)  # tracemalloc is slow
    place.database.run(_MANY, event=place.event.id, rows=MOST_ROWS)
    content = place.exports.content(f"/events/{place.event.id}/exports/speakers.{form}")
    tracemalloc.start()
    told = place.report("speakers", f"large.{form}", content)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    print(f"{MOST_ROWS:,} rows, {len(content):,} bytes of {form}: {peak:.0f} MB at the most")
    assert told["state"] == "SUCCESS", json.dumps(told)[:1000]
    counts = told["result"]["counts"]["speaker"]
    assert (counts["unchanged"], told["result"]["left_out"]) == (MOST_ROWS, MOST_ROWS - 100)
    assert peak < MOST_MB
