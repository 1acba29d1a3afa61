"""A rush for few tickets, small enough for every day: `make storm` is the large one."""

import os
from pathlib import Path

import pytest

from benchmarks.storm import paid
from benchmarks.storm.runs import Setting, run
from benchmarks.storm.sale import make_people
from benchmarks.storm.servers import serving
from benchmarks.storm.waiting import run_waiting
from chalicelib.settings import settings
from devstack.aws_stand_in import Resources
from devstack.stripe_stand_in import StripeStandIn
from tests.support.databases import TestDatabase

_BUYERS, _PLACES, _CONNECTIONS, _PROCESSES = 120, 20, 12, 3

CALM = Setting("a rush", pools=1, kinds=3, places=_PLACES)
KILLED = Setting(
    "processes killed",
    pools=1,
    kinds=3,
    places=_PLACES,
    keys=True,
    kill_after=frozenset({3, 9, 15, 21}),
)
TWICE = Setting("every request twice", pools=1, kinds=3, places=_PLACES, keys=True, twice=True)
POOLS = Setting("a place for everybody in one of four pools", pools=4, kinds=1, places=_BUYERS // 4)


def test_each_place_is_sold_once_and_everybody_answered_whoever_dies_and_whatever_comes_twice(
    database: TestDatabase, stand_in: Resources
) -> None:
    people = make_people(_BUYERS)
    with serving(dict(os.environ), _PROCESSES) as servers:
        for setting in (CALM, POOLS, TWICE, KILLED):
            outcome = run(setting, servers, database.url, people, connections=_CONNECTIONS)
            assert outcome.broken == [], setting.title
            assert outcome.counted["unknown"] == 0, setting.title
            assert outcome.counted["sold"] + outcome.counted["refused"] == _BUYERS, setting.title
    assert servers.killed


def test_paid_online_and_killed_the_books_agree_to_the_cent(
    database: TestDatabase, stand_in: Resources, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    people = make_people(18)
    stripe = StripeStandIn(log=tmp_path / "stripe.log")
    try:
        for name, value in paid.environment(stripe).items():
            environment.setenv(name, value)
        settings.cache_clear()
        with serving(dict(os.environ), _PROCESSES) as servers:
            books = paid.run_paid(servers, stripe, database.url, people, places=10, threads=4, kill_every=5)
    finally:
        stripe.close()
    print(*books.lines(), sep="\n")
    assert books.broken == []
    assert books.killed
    assert books.received > books.returned


def test_many_wait_while_some_cancel_and_nobody_is_passed_by(
    database: TestDatabase, stand_in: Resources
) -> None:
    people = make_people(70)
    with serving(dict(os.environ), _PROCESSES) as servers:
        waited = run_waiting(servers, database.url, people, places=10, connections=12, kill_every=25)
    print(*waited.lines(), sep="\n")
    assert waited.broken == []
    assert waited.killed
    assert waited.states["claimed"]
