"""A rush for few tickets by way of a pooler, with more processes than connections; `make storm POOLER=1`."""

import os

from benchmarks.storm.runs import Setting, run
from benchmarks.storm.sale import make_people
from benchmarks.storm.servers import serving
from benchmarks.storm.waiting import run_waiting
from devstack import pooler as poolers
from devstack.aws_stand_in import Resources
from tests.orders.test_storm import CALM, KILLED, POOLS, TWICE
from tests.support.databases import TestDatabase
from tests.support.servers import DatabaseServer

_BUYERS, _CONNECTIONS, _PROCESSES, _SHARED = 120, 24, 8, 2
SETTINGS: tuple[Setting, ...] = (CALM, POOLS, TWICE, KILLED)


def test_each_place_is_sold_once_and_everybody_answered(
    database: TestDatabase, stand_in: Resources, database_server: DatabaseServer
) -> None:
    people = make_people(_BUYERS)
    with poolers.running(database_server.url, connections=_SHARED) as between:
        environment = {**os.environ, "DATABASE_URL": between.url(database.requests_url)}
        with serving(environment, _PROCESSES) as servers:
            for setting in SETTINGS:
                outcome = run(setting, servers, database.url, people, connections=_CONNECTIONS)
                assert outcome.broken == [], setting.title
                assert outcome.counted["unknown"] == 0, setting.title
                assert outcome.counted["sold"] + outcome.counted["refused"] == _BUYERS, setting.title
    assert servers.killed


def test_a_waiting_list_is_served_in_order(
    database: TestDatabase, stand_in: Resources, database_server: DatabaseServer
) -> None:
    people = make_people(70)
    with poolers.running(database_server.url, connections=_SHARED) as between:
        environment = {**os.environ, "DATABASE_URL": between.url(database.requests_url)}
        with serving(environment, _PROCESSES) as servers:
            waited = run_waiting(servers, database.url, people, places=10)
    assert waited.broken == []
