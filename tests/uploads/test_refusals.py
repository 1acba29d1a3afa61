"""What is not what it should be does not get in, and its row says why."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.settings import settings
from tests.support.databases import TestDatabase
from tests.support.pump import Pump
from tests.uploads import samples
from tests.uploads.conftest import Organizer, logo_of, put, stored


@pytest.mark.parametrize(
    ("content", "declared", "reason"),
    [
        (samples.SVG, {}, "The file is image/svg+xml; event.logo-url takes image/gif, image/jpeg"),
        (samples.HTML, {}, "The file is text/html; event.logo-url takes"),
        (samples.PDF, {}, "The file is application/pdf; event.logo-url takes"),
        (b"just words", {}, "The file is text/plain; event.logo-url takes"),
        (b"", {}, "The file is empty."),
        (samples.image("PNG"), {"size": 12}, "12 bytes were announced and"),
    ],
    ids=["SVG", "HTML", "PDF", "text", "nothing", "another size"],
)
def test_a_file_that_is_not_what_it_should_be_is_removed_and_the_row_says_why(
    organizer: Organizer,
    pump: Pump,
    database: TestDatabase,
    content: bytes,
    declared: dict[str, Any],
    reason: str,
) -> None:
    id = organizer.upload(content, **{"file-name": "logo.png", **declared})
    pump.everything()

    outcome = organizer.outcome(id)
    assert outcome["state"] == "refused"
    assert outcome["reason"].startswith(reason)
    assert outcome["url"] is None
    assert stored() == []
    assert logo_of(database) is None


def test_a_file_larger_than_allowed_is_refused_although_the_stand_in_let_it_in(
    organizer: Organizer, pump: Pump, environment: pytest.MonkeyPatch
) -> None:
    id = organizer.upload(samples.image("PNG"))
    environment.setenv("UPLOAD_MAX_BYTES", "1000")
    settings.cache_clear()
    pump.everything()

    assert "event.logo-url takes up to 1000" in organizer.outcome(id)["reason"]
    assert stored() == []


def test_an_object_nobody_asked_for_is_removed(
    organizer: Organizer, pump: Pump, capsys: pytest.CaptureFixture[str]
) -> None:
    put("incoming/00000000-0000-0000-0000-000000000000", samples.image("PNG"))
    put("incoming/folder/and more %2F", samples.image("PNG"))
    pump.everything()

    assert stored() == []
    assert capsys.readouterr().err.count("an object nobody asked for was removed") == 2


def test_an_upload_that_comes_an_hour_late_is_refused(organizer: Organizer, pump: Pump) -> None:
    id = organizer.upload(samples.image("PNG"))
    with clock.shifted(timedelta(minutes=61)):
        pump.everything()

    assert organizer.outcome(id)["reason"] == "It came too late: ask for a new upload."
    assert stored() == []


@pytest.mark.parametrize(
    "removal",
    ["UPDATE events SET deleted_at = now()", "DELETE FROM events"],
    ids=["in the trash", "for good"],
)
def test_a_file_for_something_that_was_removed_meanwhile_is_refused(
    organizer: Organizer, pump: Pump, database: TestDatabase, removal: str
) -> None:
    id = organizer.upload(samples.image("PNG"))
    database.run(removal)
    pump.everything()

    assert organizer.outcome(id)["reason"] == "What it was meant for does not exist any more."
    assert stored() == []
