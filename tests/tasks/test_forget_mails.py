"""The log of mails is kept forever, or for as long as a setting says; never so short that a mail goes out twice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.resources.admin import old_mails
from chalicelib.settings import settings
from tests.factories import stored
from tests.factories.mail import make_mail
from tests.support.databases import TestDatabase
from tests.support.pump import Pump


def kept_for(environment: pytest.MonkeyPatch, days: int) -> None:
    environment.setenv("MAIL_DAYS", str(days))
    settings.cache_clear()


def subjects(database: TestDatabase) -> list[str]:
    return [row["subject"] for row in database.rows("SELECT subject FROM mails ORDER BY time")]


def test_old_entries_are_deleted_in_batches(
    database: TestDatabase, pump: Pump, environment: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_for(environment, 60)
    monkeypatch.setattr(old_mails, "RETENTION", replace(old_mails.RETENTION, batch=2))
    for days in (59, 61, 62, 63, 900):
        stored(make_mail, subject=f"{days} days", time=clock.now() - timedelta(days=days))

    pump.tick("sweep_outbox")
    pump.everything()

    assert subjects(database) == ["59 days"]
    job = database.rows("SELECT runs, handled FROM scheduled_jobs WHERE name = 'forget_mails'")
    assert job == [{"runs": 1, "handled": 4}]


def test_everything_is_kept_by_default(database: TestDatabase, pump: Pump) -> None:
    stored(make_mail, subject="old", time=clock.now() - timedelta(days=4_000))
    pump.tick("sweep_outbox")
    pump.everything()
    assert subjects(database) == ["old"]


@pytest.mark.parametrize("days", [1, 59, -5])
def test_no_entry_goes_while_its_task_may_be_tried_again(environment: pytest.MonkeyPatch, days: int) -> None:
    kept_for(environment, days)
    with pytest.raises(SystemExit, match="MAIL_DAYS is 0, which means forever, or 60 at least"):
        settings()
    environment.delenv("MAIL_DAYS")
    settings.cache_clear()
