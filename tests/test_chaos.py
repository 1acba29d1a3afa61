"""Faults on purpose, few enough for every day: `make chaos` is the large one (docs/chaos.md)."""

from benchmarks.chaos.journeys import come, organize, wait_in_line, write_to_all
from benchmarks.chaos.report import lines
from benchmarks.chaos.run import Run
from benchmarks.chaos.services import behind_proxies
from benchmarks.chaos.spells import SHORT
from benchmarks.chaos.weather import Weather
from devstack.aws_stand_in import Resources
from tests.support.databases import TestDatabase


def test_nothing_is_lost_or_doubled_while_services_fail_and_functions_die(
    database: TestDatabase, stand_in: Resources
) -> None:
    weather = Weather(seed=4, intensity=2.0)
    with behind_proxies(
        weather, database.requests_url, stand_in, {}, pays=False, visible_again=4
    ) as services:
        services.url = database.url
        run = Run(services, weather)
        outcome = run.go(6.0, 4, SHORT, (come, wait_in_line, organize, write_to_all))
    print(*lines(outcome, run), sep="\n")
    assert outcome.broken == []
    assert weather.counted.total()
    assert run.world.promises.kept
