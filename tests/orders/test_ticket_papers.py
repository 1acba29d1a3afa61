"""Tickets as PDF: who gets which, what is on them, and that they are those of today."""

import io
import threading
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pikepdf
import pypdf
import pypdfium2
import pytest
import zxingcpp

from chalicelib.papers.ticket import Ticket, drawn
from chalicelib.settings import settings
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump


class World:
    """A completed order of a buyer, with a ticket of theirs and one of a guest's."""

    def __init__(self) -> None:
        self.owner, self.buyer = stored(make_user), stored(make_user, email="buyer@example.org")
        self.guest = stored(make_user, email="guest@example.org")
        self.event = stored(
            make_event, owner=self.owner, state="published", name="Tage der Freiheit", timezone="Asia/Tokyo",
            location_name="Lyon", starts_at="2026-12-05T01:00:00Z", ends_at="2026-12-05T09:00:00Z",
        )  # fmt: skip
        ticket = stored(make_ticket, event=self.event, name="Early bird")
        self.order = stored(make_order, event=self.event, user=self.buyer, status="completed")
        common = {"event": self.event, "order": self.order, "ticket": ticket}
        self.ada = stored(
            make_attendee, firstname="Ada", lastname="Lovelace", email="buyer@example.org", **common
        )
        self.alan = stored(
            make_attendee, firstname="Alan", lastname="Turing", email="guest@example.org", **common
        )

    @property
    def address(self) -> str:
        return f"/v1/orders/{self.order.identifier}/tickets-pdf"


@pytest.fixture
def world(database: object) -> World:
    return World()


def fetched(client: Client, pump: Pump, address: str) -> bytes:
    """The document at the address, which a task makes meanwhile."""
    reply = client.get(address)
    if reply.status == 503:
        assert reply.headers["retry-after"] == "3"
        pump.everything()
        reply = client.get(address)
    return of(reply)


def of(reply: Reply) -> bytes:
    assert reply.status == 302, reply.text
    assert reply.headers["cache-control"] == "no-store"
    with urlopen(reply.headers["location"], timeout=10) as answer:
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''ticket")
        return bytes(answer.read())


def texts(content: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def codes(content: bytes) -> list[str]:
    """What scanners read from each page."""
    pages = pypdfium2.PdfDocument(content)
    found = [zxingcpp.read_barcodes(page.render(scale=2).to_pil().convert("L")) for page in pages]
    return [code.text for page in found for code in page]


def test_each_viewer_gets_the_tickets_that_they_see(client: Client, world: World, pump: Pump) -> None:
    ada, alan = (
        f"{world.order.identifier}-{world.ada.identifier}",
        f"{world.order.identifier}-{world.alan.identifier}",
    )
    crew = stored(make_user)
    stored(make_users_events_roles, event=world.event, user=crew, role="coorganizer")
    for viewer, expected in (
        (world.buyer, [ada, alan]), (world.owner, [ada, alan]), (crew, [ada, alan]), (world.guest, [alan]),
    ):  # fmt: skip
        asking = client.signed_in_as(viewer)
        content = fetched(asking, pump, world.address)
        assert codes(content) == expected
        assert codes(fetched(asking, pump, f"/v1/tickets/{world.order.identifier}")) == expected
    assert client.get(world.address).status == 401
    assert client.signed_in_as(stored(make_user)).get(world.address).status == 404
    assert client.get(f"/v1/tickets/{world.order.identifier}").status == 401


def test_one_attendee_s_ticket(client: Client, world: World, pump: Pump) -> None:
    own, other = (f"/v1/orders/attendees/{item.id}.pdf" for item in (world.alan, world.ada))
    registrar = stored(make_user)
    stored(make_users_events_roles, event=world.event, user=registrar, role="registrar")
    guest = client.signed_in_as(world.guest)
    content = fetched(guest, pump, own)
    assert codes(content) == [f"{world.order.identifier}-{world.alan.identifier}"]
    assert guest.get(other).status == 404
    for viewer in (world.buyer, world.owner, registrar):
        assert client.signed_in_as(viewer).get(other).status in {302, 503}
    for wrong in (
        "/v1/orders/attendees/x.pdf",
        "/v1/orders/attendees/999999.pdf",
        "/v1/orders/attendees/1.5.pdf",
    ):
        assert guest.get(wrong).status == 404, wrong


def test_what_is_on_a_ticket(client: Client, world: World, pump: Pump) -> None:
    content = fetched(client.signed_in_as(world.guest), pump, world.address)
    (text,) = texts(content)
    for answer in (
        "Tage der Freiheit", "Early bird", "Alan Turing", "guest@example.org", "Lyon", world.order.identifier,
        "Saturday, 5 December 2026, 10:00", "(Asia/Tokyo)", world.order.reference,
    ):  # fmt: skip
        assert " ".join(str(answer).split()) in " ".join(text.split()), text
    assert "Ada" not in text
    assert len(content) < 60_000
    with pikepdf.open(io.BytesIO(content)) as opened:
        assert opened.check_pdf_syntax() == []


def test_a_ticket_is_the_attendee_s_of_today(
    client: Client, world: World, pump: Pump, database: TestDatabase
) -> None:
    guest = client.signed_in_as(world.guest)
    assert "Alan Turing" in texts(fetched(guest, pump, world.address))[0]
    owner = client.signed_in_as(world.owner)
    change = document("event", {"location-name": "Marseille"}, world.event.id)
    assert owner.patch(f"/v1/events/{world.event.id}", change).status == 200
    database.run("UPDATE attendees SET lastname = 'Mathison Turing' WHERE id = :id", id=world.alan.id)
    (text,) = texts(fetched(guest, pump, world.address))
    assert "Alan Mathison Turing" in text
    assert "Marseille" in text
    assert owner.delete(f"/v1/attendees/{world.alan.id}").status == 200
    assert guest.get(world.address).status == 404
    buyer = client.signed_in_as(world.buyer)
    assert len(codes(fetched(buyer, pump, world.address))) == 1
    assert buyer.get(f"/v1/orders/attendees/{world.alan.id}.pdf").status == 404


@pytest.mark.parametrize(
    ("state", "mode", "status"),
    [
        ("cancelled", None, 409), ("expired", None, 409), ("initializing", None, 409), ("pending", "stripe", 409),
        ("placed", "bank", 409), ("placed", "onsite", 503), ("completed", "bank", 503),
    ],
)  # fmt: skip
def test_there_are_no_tickets_of_what_is_unpaid_or_over(
    client: Client, world: World, database: TestDatabase, state: str, mode: str | None, status: int, pump: Pump
) -> None:  # fmt: skip
    database.run("UPDATE orders SET status = :state, payment_mode = :mode", state=state, mode=mode)
    buyer = client.signed_in_as(world.buyer)
    for address in (world.address, f"/v1/orders/attendees/{world.ada.id}.pdf"):
        reply = buyer.get(address)
        assert reply.status == status, reply.text
        assert status != 409 or "no ticket" in reply.errors[0]["detail"]


def test_a_link_is_private_and_the_bucket_too(client: Client, world: World, pump: Pump) -> None:
    buyer = client.signed_in_as(world.buyer)
    fetched(buyer, pump, world.address)
    location = urlsplit(buyer.get(world.address).headers["location"])
    assert "X-Amz-Expires=300" in location.query
    assert settings().bucket in location.path


def test_fetching_is_limited(
    client: Client, world: World, pump: Pump, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LIMIT_PAPERS", "1/1h")
    environment.setenv("LIMITS", "on")
    settings.cache_clear()
    buyer: Any = client.signed_in_as(world.buyer)
    assert [buyer.get(world.address).status for _ in range(2)] == [503, 429]


def test_a_request_waits_for_the_paper_that_a_task_is_making(
    client: Client, world: World, pump: Pump, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("PAPER_PATIENCE", "20")
    settings.cache_clear()
    done = threading.Event()

    def other_process() -> None:
        while not done.is_set() and not pump.everything():
            done.wait(0.05)

    working = threading.Thread(target=other_process)
    working.start()
    try:
        reply = client.signed_in_as(world.buyer).get(world.address)
    finally:
        done.set()
        working.join(20)
    assert len(codes(of(reply))) == 2


def test_who_asks_at_once_has_it_made_once(
    client: Client, world: World, pump: Pump, database: TestDatabase
) -> None:
    buyer = client.signed_in_as(world.buyer)
    assert [buyer.get(world.address).status for _ in range(3)] == [503] * 3
    assert database.one("SELECT count(*) FROM outbox WHERE task = 'print_tickets'") in {1, 2}, (
        "one in a half minute"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\x01\x0b\u202e\ud7ff",
        "W" * 50_000,
        "word " * 9_000,
        "<p>a</p>" * 6_000,
        "\U0001f389" * 200,
        ")(\\",
    ],
)
def test_hostile_texts_are_drawn_in_bounds(text: str) -> None:
    moment = datetime(2026, 12, 5, tzinfo=UTC)
    ticket = Ticket(text, text, text, text, moment, moment, "UTC", text, "o", text, "code", text, [text] * 50)
    content = drawn([ticket])
    assert len(content) < 60_000
    assert codes(content) == ["code"]
    with pikepdf.open(io.BytesIO(content)) as found:
        assert found.check_pdf_syntax() == []
        assert len(found.pages) == 1
