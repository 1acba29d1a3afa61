"""`make moving-in`: a former installation with 100,000 attendees moves in, and once more when nothing is new.

It is the operators' command in a process of its own. `ROWS=1000000` says how many attendees there are. `make
bench` has a tenth of them (measured()).
"""

import json
import os
import resource
import subprocess
import sys
import time
from typing import Final

from benchmarks import numbers
from chalicelib.settings import settings
from devstack import database, postgres
from tests.moving_in import former
from tests.support.servers import DatabaseServer

ROWS = numbers.whole("ROWS", 100_000)
_ATTENDEES = f"""
UPDATE tickets SET quantity = 100000000 WHERE id = 1;
INSERT INTO orders (id, identifier, amount, user_id, event_id, created_at, completed_at, status, payment_mode,
  paid_via, is_billing_enabled)
SELECT 10000 + n, gen_random_uuid()::text, 20, 5, 1, now(), now(), 'completed', 'bank', 'bank', FALSE
FROM generate_series(1, {ROWS // 2}) n;
INSERT INTO orders_tickets (order_id, ticket_id, quantity, price)
SELECT 10000 + n, 1, 2, 10 FROM generate_series(1, {ROWS // 2}) n;
INSERT INTO ticket_holders (id, firstname, lastname, email, city, country, job_title, company, phone,
  complex_field_values, ticket_id, order_id, event_id, identifier, is_checked_in, created_at, modified_at)
SELECT 10000 + n, 'Ada', 'Lovelace ' || n, 'ada' || n || '@example.org', 'London', 'GB', 'Analyst',
  'Engines & Sons', '+44 1', json_build_object('diet', 'vegan', 'years', n % 80), 1, 10000 + (n + 1) / 2, 1,
  substr(md5(n::text), 1, 6), n % 3 = 0, now(), now()
FROM generate_series(1, {ROWS}) n;
ANALYZE;
"""


_FEWER: Final = 10_000


def measured() -> dict[str, float]:
    """Rows a second of the first run and of the second, and MB of memory, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.moving_in", "--json"]
    environment = {**os.environ, "ROWS": str(_FEWER), "LOG_LEVEL": "ERROR"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main(*, as_json: bool) -> int:
    """Make the former installation, move it in twice, and print what that took. The exit code is 1 where the
    second run brought anything.
    """
    with postgres.temporary() as server:
        database.create_if_missing(server.url("postgres"), "ours")
        os.environ["DATABASE_URL"] = server.url("ours")
        settings.cache_clear()
        database.migrate(server.url("ours"))
        with former.loaded(DatabaseServer(server.url("postgres"), "bench")) as url:
            former.psql(url, _ATTENDEES)
            runs = [_run(url) for _ in range(2)]
            memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    speeds = []
    for seconds, tables in runs:
        came = sum(table["came"] for table in tables)
        there = sum(table["there"] for table in tables)
        speeds.append(there / seconds)
        if not as_json:
            print(f"{there:,} rows, {came:,} of them new: {seconds:.1f} s, {speeds[-1]:,.0f} rows a second")
    if as_json:
        first, second = (round(speed) for speed in speeds)
        print(json.dumps({"rows per second": first, "once more": second, "MB of memory": round(memory)}))
    else:
        print(f"{memory:.0f} MB at most")
    return int(sum(table["came"] for table in runs[1][1]) != 0)


def _run(url: str) -> tuple[float, list[dict[str, int]]]:
    command = (sys.executable, "-m", "chalicelib.cli", "move-in", "--from", url, "--json")
    began = time.monotonic()
    done = subprocess.run([*command, "--report", os.devnull], capture_output=True, text=True, check=True)
    tables: list[dict[str, int]] = json.loads(done.stdout)["tables"]
    return time.monotonic() - began, tables


if __name__ == "__main__":
    sys.exit(main(as_json="--json" in sys.argv))
