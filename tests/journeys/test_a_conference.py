"""A conference of 120 talks from the call to the feedback, by 12 people in their roles, on a running system.

HTTP workers, the pump, queues and mails are those of `make run`; days pass by its clock.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack import local_clock
from devstack.aws_stand_in import Resources
from tests.journeys.conference import Conference
from tests.journeys.conference_call import Calls
from tests.journeys.conference_days import Days
from tests.journeys.conference_programme import Programme
from tests.journeys.conference_reviews import Reviews
from tests.support.bombard import serving
from tests.support.databases import TestDatabase

pytestmark = pytest.mark.one_database


@pytest.fixture
def conference(database: TestDatabase, stand_in: Resources, tmp_path: Path) -> Iterator[Conference]:
    local_clock.override(database.url, database.requests_url)
    with serving(tmp_path) as system:
        yield Conference(f"http://127.0.0.1:{system.port}", database)


def test_a_conference_from_call_to_feedback(conference: Conference) -> None:
    calls = Calls(conference)
    calls.open()
    calls.take_submissions()
    calls.replace()
    calls.invite_co_speakers()
    calls.end()
    reviews = Reviews(conference, calls)
    reviews.prepare()
    reviews.assign()
    reviews.write()
    reviews.discuss()
    accepted = reviews.decide()
    reviews.confirm(accepted)
    programme = Programme(conference)
    programme.prepare()
    programme.propose()
    programme.change()
    programme.release()
    days = Days(conference, programme)
    days.sell()
    days.sign_up()
    programme.exports()
    days.let_in()
    days.look_back()
