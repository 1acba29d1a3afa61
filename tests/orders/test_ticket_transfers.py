"""Tickets are passed on: offered, accepted by a link, with a new code; once, and only as the event allows it."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib import clock, db
from chalicelib.resources.onsite import gate
from chalicelib.resources.onsite.door_codes import resolve
from chalicelib.resources.onsite.gate_facts import held_tickets
from tests.door.scene import Scene
from tests.factories import stored
from tests.factories.custom_form import make_custom_form
from tests.factories.user import make_user
from tests.orders.stage import Stage, move
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

pytestmark = pytest.mark.one_database


class Passing(Stage):
    """An event where tickets are passed on, and who does it."""

    def __init__(self, client: Client, database: TestDatabase, pump: Pump) -> None:
        super().__init__(client, database)
        self.pump = pump
        # To whom it is passed on, an address of this event's alone, and further.
        self.grace = f"grace{self.event.id}@example.org"
        self.joan = f"joan{self.event.id}@example.org"
        self.allow(**{"is-ticket-transfer-enabled": True})
        self.sold = self.ordered("completed")
        self.attendee: int = database.one("SELECT id FROM attendees WHERE order_id = :id", id=self.sold.id)

    def allow(self, **attributes: Any) -> None:
        sent = document("event", attributes, self.event.id)
        assert self.asking("owner").patch(f"/v1/events/{self.event.id}", sent).status == 200

    def offer(self, who: Client | str = "buyer", email: str = "", **more: Any) -> Reply:
        asking = self.asking(who) if isinstance(who, str) else who
        sent = {"email": email or self.grace, **more}
        path = f"/v1/attendees/{self.attendee}/transfer"
        return asking.post(path, sent, content_type="application/json")

    def key(self, email: str = "") -> str:
        """The secret in the newest offer that was mailed to the address."""
        self.pump.everything()
        texts = [mail["text"] for mail in self.pump.mails() if (email or self.grace) in mail["to"]]
        return str(re.findall(r"/ticket-transfers#key=(\S+)", "\n".join(texts))[-1])

    def answer(self, verb: str, key: str, **more: Any) -> Reply:
        sent = {"data": {"token": key, **more}}
        return self.client.post(f"/v1/ticket-transfers/{verb}", sent, content_type="application/json")

    def accept(self, key: str, **attributes: Any) -> Reply:
        said = attributes or {"firstname": "Grace", "lastname": "Hopper"}
        return self.answer("accept", key, attributes=said)

    def passes(self, email: str = "", who: Client | str = "buyer") -> None:
        """The ticket is offered and accepted."""
        made = self.offer(who, email)
        assert made.status == 200, made.text
        accepted = self.accept(self.key(email))
        assert accepted.status == 200, accepted.text

    def code(self) -> str:
        return str(
            self.database.one(
                "SELECT orders.identifier || '-' || attendees.identifier FROM attendees "
                "JOIN orders ON orders.id = order_id WHERE attendees.id = :id",
                id=self.attendee,
            )
        )

    def ended(self, code: str) -> str | None:
        """Why the gate admits nobody by this code; None if it does."""
        with db.transaction() as session:
            found = resolve(session, [code])[code]
            held = held_tickets(session, [found.attendee_id or 0])[found.attendee_id or 0]
        reason = gate.decide(replace(held, code=found.void), gate.Gate(self.event.id), None, clock.now())
        return None if reason == gate.ADMITTED else reason

    def mailed(self, address: str) -> list[str]:
        self.pump.everything()
        return [mail["subject"] for mail in self.pump.mails() if address in mail["to"]]


@pytest.fixture
def stage(client: Client, database: TestDatabase, pump: Pump) -> Passing:
    return Passing(client, database, pump)


def test_a_ticket_is_offered_and_accepted_with_a_new_code(stage: Passing) -> None:
    stage.database.run("UPDATE attendees SET company = 'ACME' WHERE id = :id", id=stage.attendee)
    former, taken = stage.code(), stage.seen(stage.sold)["taken"]
    made = stage.offer(note="I am ill")
    assert made.status == 200, made.text
    shown = made.data["attributes"]
    assert (shown["state"], shown["email"], shown["note"]) == ("offered", stage.grace, "I am ill")
    assert shown["price"] == float(stage.ticket.price or 0)
    again = stage.offer(email="other@example.org")
    assert (again.status, again.errors[0]["source"]["pointer"]) == (409, "/data")
    key = stage.key()
    told = stage.answer("show", key)
    assert (told.status, told.json["ticket"], told.json["event"]["name"]) == (
        200, stage.ticket.name, stage.event.name,
    )  # fmt: skip
    assert (told.json["note"], told.json["state"]) == ("I am ill", "offered")
    assert stage.code() == former, "an offer does nothing"
    assert stage.accept(key).status == 200
    assert stage.code() != former
    assert (stage.ended(former), stage.ended(stage.code())) == ("transferred", None)
    (row,) = stage.database.rows("SELECT * FROM attendees WHERE id = :id", id=stage.attendee)
    assert (row["firstname"], row["lastname"], row["email"], row["company"]) == (
        "Grace",
        "Hopper",
        stage.grace,
        None,
    )
    assert stage.seen(stage.sold)["taken"] == taken, "the stock does not move"
    # Once: the link accepts nothing any more.
    assert stage.accept(key).status == stage.answer("decline", key).status == 409
    grace = stage.client.signed_in_as(stored(make_user, email=stage.grace, is_verified=True))
    assert grace.get(f"/v1/attendees/{stage.attendee}").data["attributes"]["qr-code-text"] == stage.code()
    for nobody in ("buyer", "guest"):
        assert stage.asking(nobody).get(f"/v1/attendees/{stage.attendee}").status == 404
    assert stage.asking("buyer").get(f"/v1/orders/{stage.sold.id}/attendees").data == []
    chain = stage.asking("owner").get(f"/v1/events/{stage.event.id}/ticket-transfers").data
    assert [(item["attributes"]["from-email"], item["attributes"]["to-name"]) for item in chain] == [
        (stage.guest.email, "Grace Hopper")
    ]
    for address in (stage.grace, stage.buyer.email, stage.guest.email):
        assert stage.mailed(address), address
    (ticket,) = [
        mail for mail in stage.pump.mails() if stage.grace in mail["to"] and stage.code() in mail["text"]
    ]
    assert former not in ticket["text"]


def test_a_ticket_is_passed_on_further_and_its_chain_is_known(stage: Passing) -> None:
    stage.passes()
    first = stage.code()
    assert stage.offer(email=stage.joan).status == 404, "it is not the buyer's any more"
    grace = stage.client.signed_in_as(stored(make_user, email=stage.grace, is_verified=True))
    stage.passes(stage.joan, who=grace)
    assert stage.ended(first) == "transferred"
    assert grace.get(f"/v1/attendees/{stage.attendee}").status == 404
    chain = stage.asking("owner").get(f"/v1/attendees/{stage.attendee}/ticket-transfers?sort=created-at").data
    assert [item["attributes"]["email"] for item in chain] == [stage.grace, stage.joan]
    # Who has bought it sees to whom they have offered it, and not where it went from there.
    mine = stage.asking("buyer").get(f"/v1/orders/{stage.sold.id}/ticket-transfers").data
    assert [item["attributes"]["email"] for item in mine] == [stage.grace]
    assert stage.asking("stranger").get(f"/v1/orders/{stage.sold.id}/ticket-transfers").status == 404


def test_what_was_passed_on_is_not_cancelled_nor_refunded_by_its_buyer(stage: Passing) -> None:
    stage.passes()
    buyer = stage.asking("buyer")
    assert move(buyer, stage.sold, "cancelled").status == 409
    assert buyer.get(f"/v1/attendees/{stage.attendee}/cancellation-quote").status == 404
    assert stage.asking("owner").get(f"/v1/attendees/{stage.attendee}/cancellation-quote").status == 200
    stage.allow(**{"is-attendee-cancellation-enabled": True})
    grace = stage.client.signed_in_as(stored(make_user, email=stage.grace, is_verified=True))
    quote = grace.get(f"/v1/attendees/{stage.attendee}/cancellation-quote").json["quote"]
    code = stage.code()
    done = grace.post(
        f"/v1/attendees/{stage.attendee}/cancel", {"quote": quote}, content_type="application/json"
    )
    assert done.status == 200, done.text
    assert stage.ended(code) == "cancelled"
    assert stage.seen(stage.sold)["row"]["status"] == "cancelled"


def test_who_holds_it_comes_to_the_virtual_event_with_it(stage: Passing) -> None:
    stage.passes()
    grace = stage.client.signed_in_as(stored(make_user, email=stage.grace, is_verified=True))
    path, comes = (
        f"/v1/events/{stage.event.id}/virtual/check-in",
        {"check_in_type": "event", "is_check_in": True},
    )
    assert stage.asking("buyer").post(path, comes, content_type="application/json").status == 403
    assert grace.post(path, comes, content_type="application/json").status == 200
    # It was used by that, and is not given up or passed on any more.
    organizer = stage.asking("owner")
    assert organizer.get(f"/v1/attendees/{stage.attendee}/cancellation-quote").status == 409
    assert stage.offer(grace, stage.joan).status == 409


def test_who_holds_it_replaces_a_lost_code_and_its_buyer_does_not(stage: Passing) -> None:
    stage.passes()
    code, address = stage.code(), f"/v1/attendees/{stage.attendee}/ticket-code"
    unverified = stage.client.signed_in_as(stored(make_user, email=stage.grace, is_verified=False))
    assert unverified.post(address, {"reason": "lost"}).status == 404
    assert stage.asking("buyer").post(address, {"reason": "lost"}).status == 404
    stage.database.run("UPDATE users SET is_verified = true WHERE email = :email", email=stage.grace)
    grace = stage.client.signed_in_as(
        stage.database.one("SELECT id FROM users WHERE email = :email", email=stage.grace)
    )
    assert grace.post(address, {"reason": "lost"}).json["former_code"] == stage.code() != code
    assert (stage.ended(code), stage.ended(stage.code())) == ("revoked", None)


def test_accounts_are_notified_of_offers_and_answers(stage: Passing) -> None:
    grace = stored(make_user, email=stage.grace, is_verified=True)
    joan = stored(make_user, email=stage.joan, is_verified=False)

    def titles(user_id: int) -> list[str]:
        stage.pump.everything()
        asking = stage.client.signed_in_as(user_id)
        named = [each["attributes"] for each in asking.get(f"/v1/users/{user_id}/notifications").data]
        return [each["title"] for each in named if each["kind"] == "ticket_transfer"]

    stage.passes()
    event, buyer = stage.event.name, stage.sold.user_id or 0
    assert titles(grace.id) == [f"A ticket for {event} is offered to you"]
    assert titles(buyer) == [f"The offer of a ticket for {event} is accepted"]
    assert stage.offer(stage.client.signed_in_as(grace), stage.joan).status == 200
    assert titles(joan.id) == []
    assert stage.answer("decline", stage.key(stage.joan)).status == 200
    assert len(titles(grace.id)) == 1, "both are one group: the same order"
    assert f"The offer of a ticket for {event} is declined" in titles(grace.id)
    assert titles(buyer) == [f"The offer of a ticket for {event} is accepted"]


def test_one_of_all_who_ask_at_once_gets_the_ticket(stage: Passing) -> None:
    """It is accepted, cancelled, or used, and meanwhile its code is replaced: never two of the three."""
    door = Scene(stage.client, stage.database, stage.event)
    for number in range(4):
        sold = stage.ordered("completed")
        stage.attendee = stage.database.one("SELECT id FROM attendees WHERE order_id = :id", id=sold.id)
        stage.grace = f"grace{number}.{stage.event.id}@example.org"
        assert stage.offer().status == 200
        key, code, buyer = stage.key(), stage.code(), stage.asking("buyer")
        path = f"/v1/attendees/{stage.attendee}"
        quote = {"quote": buyer.get(f"{path}/cancellation-quote").json["quote"]}
        online = {"check_in_type": "event", "is_check_in": True}
        jobs = (
            partial(stage.accept, key),
            partial(buyer.post, f"{path}/cancel", quote, content_type="application/json"),
            partial(door.send, code=code),
            partial(buyer.post, f"/v1/events/{stage.event.id}/virtual/check-in", online),
            partial(buyer.post, f"{path}/ticket-code", {"reason": "lost"}),
        )
        with ThreadPoolExecutor(len(jobs)) as pool:
            assert all(reply.result().status < 500 for reply in [pool.submit(job) for job in jobs])
        (became,) = stage.database.rows(
            "SELECT deleted_at IS NOT NULL AS is_cancelled, transferred_at IS NOT NULL AS is_passed_on, "
            "is_checked_in OR EXISTS (SELECT FROM virtual_check_ins WHERE ticket_holder_id = attendees.id) "
            "AS is_used FROM attendees WHERE id = :id",
            id=stage.attendee,
        )
        assert sum(became.values()) <= 1, became


def test_an_offer_is_declined_withdrawn_or_ends_by_itself(stage: Passing) -> None:
    former = stage.code()
    assert stage.offer().status == 200
    assert stage.answer("decline", stage.key()).json == {"state": "declined"}
    assert any("not passed on" in subject for subject in stage.mailed(stage.buyer.email))
    made = stage.offer()
    key = stage.key()
    path = f"/v1/ticket-transfers/{made.data['id']}/withdraw"
    assert stage.asking("guest").post(path).status in {403, 404}
    assert stage.asking("buyer").post(path).data["attributes"]["state"] == "withdrawn"
    assert stage.asking("buyer").post(path).status == stage.accept(key).status == 409
    assert any("not passed on" in subject for subject in stage.mailed(stage.grace))
    made = stage.offer()
    key = stage.key()
    with clock.shifted(timedelta(days=8)):
        assert stage.accept(key).status == 409
        stage.pump.tick("sweep_outbox")
    state = stage.database.one("SELECT state FROM ticket_transfers WHERE id = :id", id=int(made.data["id"]))
    assert (state, stage.code()) == ("expired", former)
    assert stage.answer("show", "unknown").status == 404
    assert stage.offer().status == 200


@pytest.mark.parametrize("status", ["initializing", "pending", "placed", "cancelled"])
def test_only_what_is_sold_and_paid_is_passed_on(stage: Passing, status: str) -> None:
    order = stage.ordered(status)
    stage.attendee = stage.database.one("SELECT id FROM attendees WHERE order_id = :id", id=order.id)
    assert stage.offer().status in {404, 409}


def test_a_used_or_cancelled_ticket_is_not_accepted(stage: Passing) -> None:
    assert stage.offer().status == 200
    key = stage.key()
    attendee = next(iter(stage.asking("owner").get(f"/v1/events/{stage.event.id}/attendees").data))
    arrives = {"is-checked-in": True, "checkin-times": "2030-05-01T12:00:00+00:00"}
    door, path = stage.asking("registrar"), f"/v1/attendees/{attendee['id']}"
    assert door.patch(path, document("attendee", arrives, attendee["id"])).status == 200
    assert stage.accept(key).status == stage.offer(email=stage.joan).status == 409
    other = stage.ordered("completed")
    stage.attendee = stage.database.one("SELECT id FROM attendees WHERE order_id = :id", id=other.id)
    assert stage.offer().status == 200
    key = stage.key()
    assert move(stage.asking("buyer"), other, "cancelled").status == 200
    assert stage.accept(key).status == 409
    stage.pump.tick("sweep_outbox")
    assert stage.database.one("SELECT state FROM ticket_transfers ORDER BY id DESC LIMIT 1") == "ended"


def test_organizers_forbid_it_or_end_it_or_except_a_kind_of_ticket(stage: Passing) -> None:
    assert stage.offer().status == 200
    key = stage.key()
    past = (clock.now() - timedelta(hours=1)).isoformat()
    for refusal, allowed in (
        ({"is-ticket-transfer-enabled": False}, {"is-ticket-transfer-enabled": True}),
        ({"ticket-transfer-ends-at": past}, {"ticket-transfer-ends-at": None}),
    ):
        stage.allow(**refusal)
        assert stage.accept(key).status == stage.offer(email=stage.joan).status == 409
        stage.allow(**allowed)
    for value, status in ((False, 409), (True, 200)):
        sent = document("ticket", {"is-transferable": value}, stage.ticket.id)
        assert stage.asking("owner").patch(f"/v1/tickets/{stage.ticket.id}", sent).status == 200
        assert stage.accept(key).status == status


def test_who_gets_it_answers_the_form(stage: Passing) -> None:
    for name, required in (("firstname", True), ("shirtSize", True)):
        stored(
            make_custom_form,
            event=stage.event,
            form="attendee",
            field_identifier=name,
            name=name,
            type="text",
            is_required=required,
            is_included=True,
        )
    assert stage.offer().status == 200
    key = stage.key()
    asked = [item["field-identifier"] for item in stage.answer("show", key).json["questions"]]
    assert {"firstname", "shirtSize"} <= {*asked}
    before = stage.code()
    refused = stage.accept(key, lastname="Hopper")
    pointers = {error["source"]["pointer"] for error in refused.errors}
    assert refused.status == 422
    assert {"/data/attributes/firstname", "/data/attributes/complex-field-values/shirt_size"} <= pointers
    for sent, pointer in (
        ({"firstname": "Grace", "is-checked-in": True}, "/data/attributes/is-checked-in"),
        ({"email": "mallory@example.org"}, "/data/attributes/email"),
        ({"firstname": 7}, "/data/attributes/firstname"),
    ):
        wrong = stage.accept(key, **sent)
        assert (wrong.status, wrong.errors[0]["source"]["pointer"]) == (422, pointer)
    assert stage.code() == before
    said = {"firstname": "Grace", "complex-field-values": {"shirt_size": "M"}}
    assert stage.accept(key, **said).status == 200
    found = stage.database.one("SELECT complex_field_values FROM attendees WHERE id = :id", id=stage.attendee)
    assert found == {"shirt_size": "M"}


def test_wrong_offers_are_refused(stage: Passing) -> None:
    for sent, pointer in (
        ({"email": "nobody"}, "/email"),
        ({"email": stage.guest.email}, "/email"),
        ({"email": stage.grace, "price": 3}, "/price"),
    ):
        refused = stage.offer(**sent)
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, pointer)
    assert stage.offer("stranger").status == 404
    assert stage.offer("guest").status == stage.offer("registrar").status == 403
    assert (
        stage.client.post(
            f"/v1/attendees/{stage.attendee}/transfer",
            {"email": stage.grace},
            content_type="application/json",
        ).status
        == 401
    )
    unknown = stage.answer("decline", "x", why="no")
    assert (unknown.status, unknown.errors[0]["source"]["pointer"]) == (422, "/data/why")


def test_two_accept_at_once_and_one_of_them_gets_it(stage: Passing) -> None:
    assert stage.offer().status == 200
    key = stage.key()
    asked = [partial(stage.accept, key, firstname=name) for name in ("Grace", "Joan", "Jean")]
    asked.append(partial(stage.answer, "decline", key))
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(lambda ask: ask().status, asked))
    assert statuses == [200, 409, 409, 409]
    rows = stage.database.rows(
        "SELECT state FROM ticket_transfers WHERE attendee_id = :id", id=stage.attendee
    )
    assert len(rows) == 1


def test_it_is_either_accepted_or_cancelled(stage: Passing) -> None:
    assert stage.offer().status == 200
    key, buyer = stage.key(), stage.asking("buyer")
    path = f"/v1/attendees/{stage.attendee}"
    quote = {"quote": buyer.get(f"{path}/cancellation-quote").json["quote"]}
    cancels = partial(buyer.post, f"{path}/cancel", quote, content_type="application/json")
    with ThreadPoolExecutor(2) as pool:
        accepted, cancelled = pool.map(lambda ask: ask().status, [partial(stage.accept, key), cancels])
    state = stage.database.one("SELECT state FROM ticket_transfers WHERE order_id = :id", id=stage.sold.id)
    is_there = stage.database.one(
        "SELECT deleted_at IS NULL FROM attendees WHERE id = :id", id=stage.attendee
    )
    if accepted == 200:
        assert (state, is_there) == ("accepted", True)
        assert cancelled in {403, 404, 409}
    else:
        assert (accepted, cancelled, state, is_there) == (409, 200, "offered", False)


def test_the_door_is_told_why_a_ticket_admits_nobody(stage: Passing) -> None:
    code = stage.code()
    attendee = stage.asking("owner").get(f"/v1/attendees/{stage.attendee}").data
    quote = stage.asking("buyer").get(f"/v1/attendees/{stage.attendee}/cancellation-quote").json["quote"]
    path = f"/v1/attendees/{stage.attendee}/cancel"
    assert stage.asking("buyer").post(path, {"quote": quote}, content_type="application/json").status == 200
    assert stage.ended(code) == "cancelled"
    sent = {"is-checked-in": True, "checkin-times": "2030-05-01T12:00:00+00:00"}
    refused = stage.asking("registrar").patch(
        f"/v1/attendees/{attendee['id']}?get_trashed=true", document("attendee", sent, attendee["id"])
    )
    assert refused.status == 409
    assert "is cancelled" in refused.errors[0]["detail"]
    removed = stage.ordered("completed")
    stage.attendee = stage.database.one("SELECT id FROM attendees WHERE order_id = :id", id=removed.id)
    other = stage.code()
    stage.database.run("UPDATE attendees SET deleted_at = now() WHERE id = :id", id=stage.attendee)
    assert stage.ended(other) == "cancelled"
