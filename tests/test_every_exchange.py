"""A connection to the database is lost at every exchange of a request, in every way: each answer is definite.

A write that is repeated with its key afterwards has one effect, and its answer is true.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import urlsplit

import pytest

from chalicelib import db
from chalicelib.auth import viewer
from chalicelib.settings import settings
from devstack.fault_messages import HttpMessage
from devstack.fault_proxy import AFTER, BEFORE, CUT, SLOW, WITHIN, Fault, FaultProxy, Settings
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply

pytestmark = pytest.mark.one_database
_MOST = 40  # exchanges of one request
_PATIENCE = 20.0  # seconds


class Line:
    """The way to the database, on which one exchange goes wrong: the nth from now, if `at` is set."""

    def __init__(self, database: TestDatabase) -> None:
        self.at: int | None = None
        self.fault = Fault(CUT)
        self.database = database
        port = urlsplit(database.requests_url).port or 5432
        self.proxy = FaultProxy(Settings("db", port, self._choose, kill=print, speaks_http=False))

    def _choose(self, _service: str, _kind: str, _message: HttpMessage | None) -> Fault | None:
        if self.at is None:
            return None
        self.at -= 1
        return self.fault if self.at < 0 else None

    def ask(self, send: Callable[[], Reply], fault: Fault, number: int) -> tuple[Reply, bool]:
        """The answer to a request in a process that has had none, and whether the fault was met."""
        db.forget()
        viewer.forget()
        self.fault, self.at = fault, number
        try:
            return send(), self.at < 0
        finally:
            self.at = None


@pytest.fixture
def line(database: TestDatabase, environment: pytest.MonkeyPatch) -> Iterator[Line]:
    made = Line(database)
    port = urlsplit(database.requests_url).port
    through = database.requests_url.replace(f":{port}/", f":{made.proxy.port}/")
    environment.setenv("DATABASE_URL", through)
    environment.setenv("DB_SECONDS", "1")
    settings.cache_clear()
    db.forget()
    yield made
    made.proxy.close()


FAULTS = [Fault(CUT, moment) for moment in (BEFORE, AFTER, WITHIN)]


def _every(line: Line, fault: Fault, send: Callable[[int], Reply]) -> Iterator[tuple[Reply, int]]:
    """The answers with the fault at the first exchange, the second, and so on, until there is none."""
    for number in range(_MOST):
        reply, met = line.ask(lambda number=number: send(number), fault, number)  # type: ignore[misc]
        if not met:
            assert number > 1, f"a request of less than two exchanges: {reply.text}"
            return
        yield reply, number
    raise AssertionError(f"more than {_MOST} exchanges")


def _repeated(send: Callable[[int], Reply], number: int) -> Reply:
    """The answer to the same request again, as clients ask: once more while the lost one is still under way.

    PostgreSQL rolls that back as soon as it notices that the connection is gone.
    """
    deadline = time.monotonic() + _PATIENCE
    while (reply := send(number)).status == 409 and "retry-after" in reply.headers:
        assert time.monotonic() < deadline, reply.text
        time.sleep(0.05)
    return reply


def _is_definite(reply: Reply, *statuses: int) -> bool:
    return reply.status in statuses or (reply.status == 503 and "retry-after" in reply.headers)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.moment)
def test_a_read_is_answered_or_503(line: Line, client: Client, fault: Fault) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    for asking in (client, client.signed_in_as(owner)):
        read = partial(asking.get, f"/v1/events/{event.id}")
        answers = [reply for reply, _ in _every(line, fault, lambda _n, read=read: read())]  # type: ignore[misc]
        assert answers
        for reply in answers:
            assert _is_definite(reply, 200), reply.text


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.moment)
def test_a_write_is_503_and_repeated_with_its_key_it_has_one_effect(
    line: Line, client: Client, database: TestDatabase, fault: Fault
) -> None:
    owner = stored(make_user)
    asking = client.signed_in_as(owner)

    def send(number: int) -> Reply:
        body = document("event", {"name": f"{fault.moment} {number}", "timezone": "UTC", **TIMES})
        keyed = asking.with_headers({"Idempotency-Key": f"{fault.moment.split()[0]}{number}"})
        return keyed.post("/v1/events", body)

    for reply, number in _every(line, fault, send):
        assert _is_definite(reply, 201), reply.text
        made = database.one("SELECT count(*) FROM events WHERE name = :n", n=f"{fault.moment} {number}")
        assert made == (reply.status == 201) or fault.moment != BEFORE, "201 is committed"
        again = _repeated(send, number)
        assert again.status == 201, again.text
        assert database.one("SELECT count(*) FROM events WHERE name = :n", n=f"{fault.moment} {number}") == 1


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.moment)
def test_an_order_is_503_and_repeated_with_its_key_it_is_one(
    line: Line, client: Client, database: TestDatabase, fault: Fault
) -> None:
    event = stored(make_event)
    ticket = stored(make_ticket, event=event, type="free", quantity=1000)
    asking = client.signed_in_as(stored(make_user, is_verified=True))

    def send(number: int) -> Reply:
        body = {"tickets": [{"id": ticket.id, "quantity": 1}]}
        keyed = asking.with_headers({"Idempotency-Key": f"order-{fault.moment.split()[0]}{number}"})
        return keyed.post("/v1/orders/create-order", body, content_type="application/json")

    for bought, (reply, number) in enumerate(_every(line, fault, send), start=1):
        assert _is_definite(reply, 200), reply.text
        again = _repeated(send, number)
        assert again.status == 200, again.text
        assert database.one("SELECT count(*) FROM orders WHERE event_id = :id", id=event.id) == bought
        assert database.one("SELECT taken FROM stocks WHERE ticket_id = :id", id=ticket.id) == bought
        if reply.status == 200:
            assert reply.data["id"] == again.data["id"]


def test_a_database_that_does_not_answer_is_503_in_time(line: Line, client: Client) -> None:
    event = stored(make_event)
    silent = Fault(SLOW, seconds=30)
    reply, met = line.ask(lambda: client.get(f"/v1/events/{event.id}"), silent, 1)
    assert (reply.status, reply.headers["retry-after"], met) in {(503, "1", True), (200, "", True)}


TIMES = {"starts-at": "2031-05-02T09:00:00+00:00", "ends-at": "2031-05-03T18:00:00+00:00"}
