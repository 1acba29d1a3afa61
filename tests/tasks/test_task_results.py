"""What a task was asked for is polled by who asked, and by nobody else."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest
from sqlalchemy.orm import Session

from chalicelib import clock, task_results
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.settings import settings
from chalicelib.task_results import File
from chalicelib.tasks import PermanentFailure
from tests.factories import stored
from tests.factories.profile import make_profile
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.tasks.conftest import Declare
from tests.tasks.messages import dead_letters, send

Work = Callable[[Session, str], None]
STARTS = "/v1/events/7/bake"


@pytest.fixture
def baking(declare: Declare) -> Iterator[Callable[[Work], None]]:
    """Let POST /v1/events/{id}/bake start a task "bake" that does the given work."""
    before = {length: list(listed) for length, listed in action.ACTIONS.items()}

    def start(context: Context, id: str) -> Answer:
        return task_results.start(context, "bake", {"event_id": int(id)})

    for method in ("GET", "POST"):
        acts = method == "GET"
        action.add(action.Action(method, ("v1", "events", "{id}", "bake"), start, acts=acts))

    def does(work: Work) -> None:
        @declare("bake", attempts=1, delays=(0,))
        def bake(session: Session, event_id: int, result_id: str) -> None:
            assert event_id == 7
            work(session, result_id)

    yield does
    action.ACTIONS.clear()
    action.ACTIONS.update(before)


def started(asking: Client) -> str:
    """The address of a new task's result."""
    reply = asking.post(STARTS, content_type=None)
    assert reply.status == 200, reply.text
    address: str = reply.json["task_url"]
    assert reply.json == {"task_url": f"/v1/tasks/{address.split('/')[3]}"}
    return address


def test_it_waits_and_then_has_what_the_task_left(
    client: Client, pump: Pump, baking: Callable[[Work], None]
) -> None:
    baking(lambda session, id: task_results.finish(session, id, {"url": "/e/x", "id": 7}))
    asking = client.signed_in_as(stored(make_user))
    address = started(asking)
    reply = asking.get(address)
    assert (reply.status, reply.json) == (200, {"state": "WAITING"})
    assert reply.headers["cache-control"] == "no-store"
    pump.everything()
    assert asking.get(address).json == {"state": "SUCCESS", "result": {"url": "/e/x", "id": 7}}


def test_it_is_for_who_asked_and_for_staff(
    client: Client, pump: Pump, baking: Callable[[Work], None], database: TestDatabase
) -> None:
    baking(lambda session, id: task_results.finish(session, id, {}))
    asker = stored(make_user)
    address = started(client.signed_in_as(asker))
    unknown = "/v1/tasks/7d0f6c1e-0a3b-4a57-8f53-5be6c2d2a9e4"
    other = client.signed_in_as(stored(make_user))
    assert client.get(address).status == client.get(unknown).status == 401
    assert other.get(address).status == other.get(unknown).status == other.get("/v1/tasks/7").status == 404
    assert client.signed_in_as(stored(make_user, is_admin=True)).get(address).status == 200
    # Another profile of the same person is somebody else.
    profile = stored(make_profile, user=asker)
    database.run("UPDATE task_results SET profile_id = :id", id=profile.id)
    assert client.signed_in_as(asker).get(address).status == 404
    assert client.post(STARTS, content_type=None).status == 401


def test_a_file_is_given_as_an_address_that_expires(
    client: Client, pump: Pump, baking: Callable[[Work], None], database: TestDatabase
) -> None:
    file = File("Straße & more.csv", "text/csv", b"a,b\r\n")
    baking(lambda session, id: task_results.finish_with_file(session, id, file))
    asking = client.signed_in_as(stored(make_user))
    address = started(asking)
    pump.everything()
    told = asking.get(address).json
    link = told["result"]["download_url"]
    assert told == {"state": "SUCCESS", "result": {"download_url": link}}
    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == ["600"]
    with urlopen(link) as answer:
        assert answer.read() == b"a,b\r\n"
        assert answer.headers["Content-Type"] == "text/csv"
        said = "attachment; filename*=UTF-8''Stra%C3%9Fe%20%26%20more.csv"
        assert answer.headers["Content-Disposition"] == said
    assert link.split("?")[0] not in str(database.rows("SELECT * FROM task_results"))


def test_a_task_that_fails_says_so_without_internals(
    client: Client, pump: Pump, baking: Callable[[Work], None]
) -> None:
    asking = client.signed_in_as(stored(make_user))
    baking(lambda session, id: task_results.fail(session, id, "The oven is cold."))
    refused = started(asking)
    pump.everything()
    assert asking.get(refused).json == {"state": "FAILURE", "result": {"reason": "The oven is cold."}}


def test_a_dead_letter_is_a_failure_until_it_is_done_after_all(
    client: Client, pump: Pump, baking: Callable[[Work], None]
) -> None:
    weather = ["storm", "storm", "sun"]

    def work(session: Session, id: str) -> None:
        task_results.finish(session, id, {"baked": True})
        if weather.pop(0) == "storm":
            raise PermanentFailure("secret internals")

    baking(work)
    asking = client.signed_in_as(stored(make_user))
    first, second = started(asking), started(asking)
    pump.everything()
    assert asking.get(first).json == asking.get(second).json == {"state": "FAILURE"}
    ((body, _), *_rest) = dead_letters()
    send(body)
    pump.everything()
    states = sorted(asking.get(address).json["state"] for address in (first, second))
    assert states == ["FAILURE", "SUCCESS"]


def test_work_in_batches_shows_its_progress_and_may_die_in_any(
    client: Client, pump: Pump, baking: Callable[[Work], None], declare: Declare
) -> None:
    ends: list[Any] = [None, RuntimeError("torn")]

    @declare("bake_more", attempts=1)
    def bake_more(session: Session, batch: int, result_id: str) -> None:
        error = ends.pop(0)
        if error is not None:
            raise error
        task_results.finish(session, result_id, {"batches": batch})

    def work(session: Session, id: str) -> None:
        task_results.progress(session, id, "Baking (1/2)")
        task_results.go_on(session, id, "bake_more", {"batch": 2})

    baking(work)
    asking = client.signed_in_as(stored(make_user))
    address = started(asking)
    pump.tasks()
    assert asking.get(address).json == {"state": "Baking (1/2)"}
    pump.everything()
    assert asking.get(address).json == {"state": "SUCCESS", "result": {"batches": 2}}
    dying = started(asking)
    pump.everything()
    assert asking.get(dying).json == {"state": "FAILURE"}


def test_it_is_given_up_after_hours_and_forgotten_after_a_day(
    client: Client, pump: Pump, baking: Callable[[Work], None], database: TestDatabase
) -> None:
    baking(lambda session, id: task_results.finish(session, id, {}))
    asker = stored(make_user)
    address = started(client.signed_in_as(asker))
    for hours, status, state in [(5, 200, "WAITING"), (7, 200, "FAILURE"), (25, 404, None)]:
        with clock.shifted(timedelta(hours=hours)):
            reply = client.signed_in_as(asker).get(address)
            assert (reply.status, reply.json.get("state")) == (status, state)
    pump.tick("sweep_outbox")
    assert database.one("SELECT count(*) FROM task_results") == 1
    with clock.shifted(timedelta(hours=25)):
        pump.tick("sweep_outbox")
    assert database.one("SELECT count(*) FROM task_results") == 0
    pump.everything()  # the task finishes what nobody waits for any more
    assert database.one("SELECT count(*) FROM outbox WHERE done_at IS NOT NULL") >= 1


def test_an_account_starts_so_many_an_hour(
    client: Client, baking: Callable[[Work], None], environment: pytest.MonkeyPatch, limits_on: None
) -> None:
    baking(lambda session, id: task_results.finish(session, id, {}))
    environment.setenv("LIMIT_TASKS", "2/1h")
    settings.cache_clear()
    asking = client.signed_in_as(stored(make_user))
    assert [asking.post(STARTS, content_type=None).status for _ in range(3)] == [200, 200, 429]
    assert client.signed_in_as(stored(make_user)).post(STARTS, content_type=None).status == 200


def test_a_request_that_is_undone_starts_nothing_and_a_repeated_one_starts_once(
    client: Client, pump: Pump, baking: Callable[[Work], None], database: TestDatabase
) -> None:
    baking(lambda session, id: task_results.finish(session, id, {}))
    asking = client.signed_in_as(stored(make_user))
    refused = asking.request("HEAD", STARTS)
    assert (refused.status, refused.headers["allow"]) == (405, "GET, POST, OPTIONS")
    headers = {"Idempotency-Key": "bake-1"}
    first = asking.post(STARTS, content_type=None, headers=headers)
    assert asking.post(STARTS, content_type=None, headers=headers).json == first.json
    assert asking.post(STARTS, content_type=None, headers={"If-Match": '"x"'}).status == 412
    assert database.one("SELECT count(*) FROM task_results") == 1
    assert database.one("SELECT count(*) FROM outbox WHERE task = 'bake'") == 1
