"""Counters: how much gets through, how long it takes until more does, and what is kept of whoever asked."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib import clock, db
from chalicelib.limits import store
from chalicelib.limits.declared import RESET_MAIL, SIGN_IN, SIGN_IN_BY_SOURCE
from chalicelib.limits.limit import Counter
from chalicelib.rates import Rate
from chalicelib.settings import settings
from devstack.aws_stand_in import Resources
from tests.factories import stored
from tests.factories.user import make_user
from tests.support.bombard import Shot, serving, statuses
from tests.support.databases import TestDatabase
from tests.support.directories import tmp_path
from tests.support.http_client import Client
from tests.support.pump import Pump

__all__ = ["tmp_path"]


@pytest.fixture(autouse=True)
def _on(limits_on: None) -> None:
    """Here limits are what they are in production."""


def counter(rate: str, value: str = "somebody") -> Counter:
    return replace(RESET_MAIL.counter(value), rate=Rate.of(rate))


def gets_through(*counters: Counter) -> bool:
    return not store.hit(sorted(counters, key=lambda operation: operation.key))[1]


@pytest.mark.usefixtures("database")
def test_so_many_get_through_at_once_and_one_more_after_each_step() -> None:
    one = counter("3/1h")
    assert [gets_through(one) for _ in range(5)] == [True, True, True, False, False]
    (full,) = store.hit([one])[1]
    assert 1190 <= full.seconds <= 1200
    with clock.shifted(timedelta(minutes=20)):
        assert [gets_through(one) for _ in range(2)] == [True, False]
    with clock.shifted(timedelta(hours=2)):
        assert [gets_through(one) for _ in range(4)] == [True, True, True, False]


@pytest.mark.usefixtures("database")
def test_counters_have_nothing_to_do_with_one_another() -> None:
    assert gets_through(counter("1/1h", "ada"))
    assert gets_through(counter("1/1h", "grace"))
    assert not gets_through(counter("1/1h", "ada"))


@pytest.mark.usefixtures("database")
def test_what_one_limit_refuses_counts_for_no_other() -> None:
    narrow, wide = counter("1/1h", "narrow"), counter("2/1h", "wide")
    assert [gets_through(narrow, wide) for _ in range(5)] == [True, False, False, False, False]
    assert [gets_through(wide) for _ in range(2)] == [True, False]


@pytest.mark.usefixtures("database")
def test_one_can_look_without_being_counted_and_take_a_hit_back() -> None:
    one = counter("1/1m")
    with db.read_only() as session:
        assert [store.resets_in(session, [one]) for _ in range(2)] == [0, 0]
        assert store.hit([one], session=session)[0] == [one]
        assert 58 <= store.resets_in(session, [one]) <= 60
    store.give_back([one])
    assert [gets_through(one) for _ in range(2)] == [True, False]


def test_a_hit_stays_when_the_request_is_rolled_back(client: Client, database: TestDatabase) -> None:
    user = stored(make_user)
    before = database.one("SELECT count(*) FROM rate_limits")
    assert client.post("/v1/auth/login", {"email": user.email, "password": "wrong"}).status == 401
    assert database.one("SELECT count(*) FROM rate_limits") == before + 2


def test_parallel_guesses_of_many_processes_are_counted_exactly(
    database: TestDatabase, stand_in: Resources, tmp_path: Path
) -> None:
    user = stored(make_user)
    guess = Shot("POST", "/v1/auth/login", {"email": user.email, "password": "wrong"})
    with serving(tmp_path) as system:
        assert statuses(system.bombard([guess] * 40, threads=8)) == {401: 10, 429: 30}


def test_no_address_is_kept_in_the_clear_and_the_clock_removes_what_has_run_off(
    client: Client, database: TestDatabase, pump: Pump
) -> None:
    guess = {"email": "ada@example.org", "password": "wrong"}
    assert client.from_address("203.0.113.9").post("/v1/auth/login", guess).status == 401
    kept = str(database.rows("SELECT * FROM rate_limits"))
    assert database.one("SELECT count(*) FROM rate_limits") == 2
    assert "ada" not in kept
    assert "203.0.113" not in kept
    pump.tick("sweep_outbox")
    assert database.one("SELECT count(*) FROM rate_limits") == 2
    with clock.shifted(timedelta(hours=1)):
        pump.tick("sweep_outbox")
    assert database.one("SELECT count(*) FROM rate_limits") == 0


def test_the_table_is_unlogged_and_hits_change_rows_in_place(database: TestDatabase) -> None:
    found = database.rows("SELECT relpersistence AS how FROM pg_class WHERE relname = 'rate_limits'")
    assert found == [{"how": "u"}]


@pytest.mark.parametrize("text", ["10", "10/", "/15m", "0/15m", "10/15", "10/15w", "-1/1h", "ten/1h", ""])
def test_a_malformed_rate_is_refused_when_the_settings_are_read(
    environment: pytest.MonkeyPatch, text: str
) -> None:
    environment.setenv("LIMIT_SIGN_IN", text)
    settings.cache_clear()
    with pytest.raises(SystemExit, match="LIMIT_SIGN_IN"):
        settings()


def test_a_limit_is_raised_or_switched_off_by_its_setting(
    client: Client, environment: pytest.MonkeyPatch
) -> None:
    guess = {"email": stored(make_user).email, "password": "wrong"}
    environment.setenv("LIMIT_SIGN_IN", "2/m")
    settings.cache_clear()
    assert SIGN_IN.rate == Rate(2, 60)
    assert [client.post("/v1/auth/login", guess).status for _ in range(3)] == [401, 401, 429]
    environment.setenv("LIMIT_SIGN_IN", "off")
    settings.cache_clear()
    assert [client.post("/v1/auth/login", guess).status for _ in range(12)] == [401] * 12
    environment.setenv("LIMIT_SIGN_IN_BY_SOURCE", "1/m")
    environment.setenv("LIMITS", "false")
    settings.cache_clear()
    assert SIGN_IN_BY_SOURCE.rate.number == 1
    assert [client.post("/v1/auth/login", guess).status for _ in range(3)] == [401] * 3
