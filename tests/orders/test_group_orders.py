"""Group orders: each attendee fills in their own form by a mailed link, is reminded, and gets their ticket."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib import clock
from chalicelib.auth import tokens
from chalicelib.resources.orders.order import links
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.custom_form import make_custom_form
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.orders.stage import Stage, move
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

pytestmark = pytest.mark.one_database


class Group(Stage):
    """An event that asks each attendee for a company, and an order of two that is not finished."""

    def __init__(self, client: Client, database: TestDatabase, pump: Pump) -> None:
        super().__init__(client, database)
        self.pump = pump
        self.grace = f"grace{self.event.id}@example.org"
        self.joan = f"joan{self.event.id}@example.org"
        self.allow(**{"is-group-order-enabled": True})
        for number, (name, kind) in enumerate([("company", "text"), ("shirtSize", "text")]):
            stored(
                make_custom_form,
                event=self.event,
                form="attendee",
                field_identifier=name,
                name=name,
                type=kind,
                is_required=True,
                is_included=True,
                position=number,
            )
        self.order_ = stored(make_order, event=self.event, user=self.buyer, status="initializing", amount=0)
        self.first, self.second = (
            stored(
                make_attendee,
                event=self.event,
                order=self.order_,
                ticket=self.ticket,
                firstname=None,
                lastname=None,
                email=None,
            ).id
            for _ in range(2)
        )

    def allow(self, **attributes: Any) -> None:
        sent = document("event", attributes, self.event.id)
        assert self.asking("owner").patch(f"/v1/events/{self.event.id}", sent).status == 200

    def ask(self, attendee: int, email: str, who: Client | str = "buyer", **more: Any) -> Reply:
        asking = self.asking(who) if isinstance(who, str) else who
        path = f"/v1/attendees/{attendee}/form-request"
        return asking.post(path, {"email": email, **more}, content_type="application/json")

    def completes(self) -> Reply:
        return move(self.asking("buyer"), self.order_, "completed")

    def mailed(self, address: str) -> list[dict[str, Any]]:
        self.pump.everything()
        return [mail for mail in self.pump.mails() if address in mail["to"]]

    def keys(self, address: str) -> list[str]:
        """The secrets of the links that were mailed to this address."""
        texts = [mail["text"] for mail in self.mailed(address)]
        return re.findall(r"/attendee-forms#key=(\S+)", "\n".join(texts))

    def answer(self, verb: str, key: str, **more: Any) -> Reply:
        sent = {"data": {"token": key, **more}}
        return self.client.post(f"/v1/form-requests/{verb}", sent, content_type="application/json")

    def fill_in(self, key: str, **attributes: Any) -> Reply:
        return self.answer("fill-in", key, attributes={**SAID, **attributes})

    def asked_and_sold(self) -> str:
        """Both are asked, the order is completed; the key of the first one's link."""
        assert self.ask(self.first, self.grace, note="See you there").status == 200
        assert self.ask(self.second, self.joan).status == 200
        completed = self.completes()
        assert completed.status == 200, completed.text
        return self.keys(self.grace)[-1]

    def states(self, who: str = "buyer") -> dict[str, str]:
        """The states of all requests of the order, by address."""
        listed = self.asking(who).get(f"/v1/orders/{self.order_.id}/form-requests")
        return {item["attributes"]["email"]: item["attributes"]["state"] for item in listed.data}


SAID = {
    "firstname": "Grace",
    "lastname": "Hopper",
    "company": "Navy",
    "complex-field-values": {"shirt_size": "M"},
}


@pytest.fixture
def group(client: Client, database: TestDatabase, pump: Pump) -> Group:
    return Group(client, database, pump)


def test_each_attendee_fills_in_their_own_form_and_gets_the_ticket(group: Group) -> None:
    assert group.completes().status == 422, "nobody was asked: the buyer answers"
    made = group.ask(group.first, group.grace, note="See you there")
    assert made.status == 200, made.text
    assert (made.data["attributes"]["state"], made.data["attributes"]["email"]) == ("asked", group.grace)
    assert not group.mailed(group.grace), "nobody is mailed for an order that is not placed"
    refused = group.completes()
    assert refused.status == 422
    assert {error["detail"].split(":")[0] for error in refused.errors} == {f"Attendee {group.second}"}
    assert group.ask(group.second, group.joan).status == 200
    assert group.completes().status == 200
    (asked,) = group.mailed(group.grace)
    assert "Your details" in asked["subject"]
    assert "See you there" in asked["text"]
    key = group.keys(group.grace)[0]
    shown = group.answer("show", key)
    assert shown.status == 200, shown.text
    assert (shown.json["state"], shown.json["refusal"], shown.json["ticket"]) == (
        "asked",
        None,
        group.ticket.name,
    )
    assert [question["field-identifier"] for question in shown.json["questions"]] == ["company", "shirtSize"]
    wrong = group.answer("fill-in", key, attributes={"firstname": "Grace"})
    assert {error["source"]["pointer"] for error in wrong.errors} == {
        "/data/attributes/company",
        "/data/attributes/complex-field-values/shirt_size",
    }
    assert group.fill_in(key, **{"is-checked-in": True}).status == 422
    assert group.states() == {group.grace: "asked", group.joan: "asked"}
    done = group.fill_in(key)
    assert (done.status, done.json) == (200, {"state": "answered", "attendee": str(group.first)})
    (row,) = group.database.rows("SELECT * FROM attendees WHERE id = :id", id=group.first)
    assert (row["firstname"], row["email"], row["company"]) == ("Grace", group.grace, "Navy")
    _, ticket = group.mailed(group.grace)
    assert f"{group.order_.identifier}-{row['identifier']}" in ticket["text"]
    # Again until the deadline; the ticket is mailed once.
    assert group.fill_in(key, company="Yale").status == 200
    assert group.answer("show", key).json["attributes"]["company"] == "Yale"
    assert len(group.mailed(group.grace)) == 2
    open_ones = '[{"name": "state", "op": "eq", "val": "asked"}]'
    for who in ("buyer", "owner"):
        path = f"/v1/orders/{group.order_.id}/form-requests?filter={open_ones}"
        left = group.asking(who).get(path)
        assert [item["attributes"]["email"] for item in left.data] == [group.joan]
        assert left.json["meta"]["count"] == 1
    of_event = group.asking("owner").get(f"/v1/events/{group.event.id}/form-requests")
    assert of_event.json["meta"]["count"] == 2
    assert group.asking("stranger").get(f"/v1/orders/{group.order_.id}/form-requests").status == 404


def test_the_buyer_sees_none_of_the_answers_and_who_gave_them_does(group: Group) -> None:
    key = group.asked_and_sold()
    path = f"/v1/attendees/{group.first}"
    assert "company" in group.asking("buyer").get(path).data["attributes"]
    assert group.fill_in(key).status == 200
    grace = group.client.signed_in_as(stored(make_user, email=group.grace, is_verified=True))
    for asking, sees in [(group.asking("buyer"), False), (group.asking("owner"), True), (grace, True)]:
        known = asking.get(path).data["attributes"]
        assert known["firstname"] == "Grace"
        assert (known.get("company") == "Navy") is sees
        assert (known.get("complex-field-values") is not None) is sees
    for said in ({"company": "Yale"}, {"company": "Yale", "email": group.buyer.email}):
        sent = document("attendee", said, group.first)
        assert group.asking("buyer").patch(path, sent).status in {409, 422}, "it is not theirs to change"
    assert group.database.one("SELECT company FROM attendees WHERE id = :id", id=group.first) == "Navy"
    listed = group.asking("buyer").get(f"/v1/orders/{group.order_.id}/attendees")
    assert all(item["attributes"].get("company") is None for item in listed.data)


def test_a_hidden_answer_is_not_found_by_filters_nor_sorting(group: Group) -> None:
    assert group.fill_in(group.asked_and_sold()).status == 200
    path = f"/v1/orders/{group.order_.id}/attendees"
    for rule, owners in [
        ({"name": "company", "op": "eq", "val": "Navy"}, 1),
        ({"name": "company", "op": "ne", "val": "Navy"}, 0),
    ]:
        sent = f"?filter={quote(json.dumps([rule]))}"
        assert len(group.asking("owner").get(path + sent).data) >= owners
        found = {item["id"] for item in group.asking("buyer").get(path + sent).data}
        assert str(group.first) not in found, rule


def test_the_buyer_may_say_names_of_who_is_asked_and_nothing_wrong(group: Group) -> None:
    path = f"/v1/attendees/{group.first}"

    def named(**attributes: Any) -> Reply:
        return group.asking("buyer").patch(path, document("attendee", attributes, group.first))

    assert named(firstname="Grace").status == 422
    assert group.ask(group.first, group.grace).status == 200
    assert named(firstname="Grace").status == 200
    shirt = stored(
        make_custom_form,
        event=group.event,
        form="attendee",
        field_identifier="shoeSize",
        name="shoeSize",
        type="number",
        is_required=False,
        is_included=True,
    )
    wrong = named(**{"complex-field-values": {"shoe_size": "large"}})
    assert (wrong.status, wrong.errors[0]["source"]["pointer"]) == (
        422,
        "/data/attributes/complex-field-values/shoe_size",
    ), shirt.id


def test_who_buys_without_an_account_asks_by_the_link_of_the_order(group: Group) -> None:
    known = "guest_email = 'ada@example.org', guest_name = 'Ada', guest_verified_at = now()"
    group.database.run(
        f"UPDATE orders SET user_id = NULL, {known} WHERE id = :id",
        id=group.order_.id,
    )
    rows = links.rows_of(group.order_.id, group.event.id)
    ada = group.client.signed_in_as(tokens.link_token(rows, 0))
    for attendee, address in [(group.first, group.grace), (group.second, group.joan)]:
        assert group.ask(attendee, address, ada).status == 200
    assert move(ada, group.order_, "completed").status == 200
    key = group.keys(group.grace)[-1]
    assert group.answer("show", key).json["asked-by"] == "Ada"
    assert group.fill_in(key).status == 200
    listed = ada.get(f"/v1/orders/{group.order_.id}/form-requests").data
    assert {item["attributes"]["state"] for item in listed} == {"asked", "answered"}
    (left,) = (item["id"] for item in listed if item["attributes"]["state"] == "asked")
    assert ada.post(f"/v1/form-requests/{left}/withdraw").status == 200
    assert ada.get(f"/v1/attendees/{group.first}").data["attributes"].get("company") is None


@pytest.mark.parametrize("case", ["off", "stranger", "guest", "late", "twice", "ended"])
def test_who_may_not_be_asked(group: Group, case: str) -> None:
    expected, who = 409, "buyer"
    if case == "off":
        group.allow(**{"is-group-order-enabled": False})
    elif case in {"stranger", "guest"}:
        expected, who = 404, case
    elif case == "late":
        group.allow(**{"attendee-form-ends-at": (clock.now() - timedelta(hours=1)).isoformat()})
    elif case == "twice":
        assert group.ask(group.first, group.grace).status == 200
    else:
        assert move(group.asking("buyer"), group.order_, "cancelled").status == 200
        expected = 404
    assert group.ask(group.first, group.joan, who).status == expected


def test_what_is_no_request_is_refused_with_a_pointer(group: Group) -> None:
    path = f"/v1/attendees/{group.first}/form-request"
    for sent, pointer in [
        ({}, "/email"),
        ({"email": "nobody"}, "/email"),
        ({"email": group.grace, "name": "Grace"}, "/name"),
        ([], ""),
    ]:
        refused = group.asking("buyer").post(path, sent, content_type="application/json")
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, pointer), sent
    assert group.answer("show", "unknown").status == 404
    assert group.answer("fill-in", "unknown", more=1).status == 422


def test_an_event_that_allows_it_no_more_wants_all_answers_again(group: Group) -> None:
    for attendee, address in [(group.first, group.grace), (group.second, group.joan)]:
        assert group.ask(attendee, address).status == 200
    group.allow(**{"is-group-order-enabled": False})
    assert group.completes().status == 422


def test_a_request_is_mailed_again_to_another_address_and_taken_back(group: Group) -> None:
    key = group.asked_and_sold()
    (id,) = (
        item["id"]
        for item in group.asking("buyer").get(f"/v1/orders/{group.order_.id}/form-requests").data
        if item["attributes"]["email"] == group.grace
    )
    mary = f"mary{group.event.id}@example.org"
    path = f"/v1/form-requests/{id}"
    post = partial(group.asking("buyer").post, content_type="application/json")
    again = post(f"{path}/resend", {"email": mary})
    assert (again.status, again.data["attributes"]["email"]) == (200, mary)
    assert group.fill_in(key).status == 404, "the former link opens nothing"
    (first,) = group.keys(mary)
    assert post(f"{path}/resend").status == 200
    second = group.keys(mary)[-1]
    assert group.answer("show", first).status == 404
    assert group.asking("guest").post(f"{path}/withdraw").status == 404
    assert group.asking("owner").post(f"{path}/withdraw").data["attributes"]["state"] == "withdrawn"
    assert group.fill_in(second).status == 404
    assert post(f"{path}/withdraw").status == post(f"{path}/resend").status == 409
    assert group.ask(group.first, group.grace).status == 200, "they can be asked anew, and are mailed at once"
    assert group.fill_in(group.keys(group.grace)[-1]).status == 200
    assert group.ask(group.first, group.grace).status == 409, "they have answered"


def test_who_has_not_answered_is_reminded_thrice_and_nobody_else(group: Group) -> None:
    ends_at = clock.now() + timedelta(days=20)
    group.allow(**{"attendee-form-ends-at": ends_at.isoformat()})
    assert group.fill_in(group.asked_and_sold()).status == 200
    mails = len(group.mailed(group.joan))
    for days, more in [(5, 0), (12.9, 0), (13.1, 1), (13.2, 1), (17.1, 2), (19.1, 3), (19.9, 3), (20.5, 3)]:
        with clock.shifted(timedelta(days=days)):
            group.pump.tick("sweep_outbox")
            assert len(group.mailed(group.joan)) == mails + more, days
    assert "Reminder" in group.mailed(group.joan)[-1]["subject"]
    assert len(group.mailed(group.grace)) == 2, "the link and the ticket"
    (joan,) = group.database.rows("SELECT * FROM form_requests WHERE email = :email", email=group.joan)
    assert (joan["reminders"], joan["state"]) == (3, "asked")
    with clock.shifted(timedelta(days=20.5)):
        late = group.keys(group.joan)[-1]
        assert group.answer("show", late).json["refusal"]
        assert group.fill_in(late).status == 409


def test_a_ticket_that_is_cancelled_or_passed_on_ends_its_link(group: Group) -> None:
    key = group.asked_and_sold()
    group.allow(**{"is-ticket-transfer-enabled": True})
    buyer = group.asking("buyer")
    path = f"/v1/attendees/{group.first}"
    quote = buyer.get(f"{path}/cancellation-quote").json["quote"]
    assert buyer.post(f"{path}/cancel", {"quote": quote}, content_type="application/json").status == 200
    assert group.fill_in(key).status == 409
    group.pump.tick("sweep_outbox")
    other = group.keys(group.joan)[-1]
    offered = buyer.post(
        f"/v1/attendees/{group.second}/transfer",
        {"email": f"mary{group.event.id}@example.org"},
        content_type="application/json",
    )
    assert offered.status == 200, offered.text
    group.pump.everything()
    text = "\n".join(mail["text"] for mail in group.pump.mails())
    secret = re.findall(r"/ticket-transfers#key=(\S+)", text)[-1]
    accepted = group.client.post(
        "/v1/ticket-transfers/accept",
        {"data": {"token": secret, "attributes": SAID}},
        content_type="application/json",
    )
    assert accepted.status == 200, accepted.text
    assert group.fill_in(other).status == 409
    assert group.states() == {group.grace: "ended", group.joan: "ended"}


def test_a_request_is_answered_or_withdrawn_and_never_both(group: Group) -> None:
    key = group.asked_and_sold()
    id = group.database.one("SELECT id FROM form_requests WHERE email = :email", email=group.grace)
    buyer = group.asking("buyer")
    with ThreadPoolExecutor(2) as pool:
        filled = pool.submit(group.fill_in, key)
        withdrawn = pool.submit(buyer.post, f"/v1/form-requests/{id}/withdraw")
        statuses = (filled.result().status, withdrawn.result().status)
    state = group.database.one("SELECT state FROM form_requests WHERE id = :id", id=id)
    assert (statuses[0] == 200, statuses[1] == 200) in {(True, False), (False, True)}, statuses
    assert state == ("answered" if statuses[0] == 200 else "withdrawn")
    company = group.database.one("SELECT company FROM attendees WHERE id = :id", id=group.first)
    assert company == ("Navy" if state == "answered" else None)


def test_of_two_who_ask_at_once_one_does(group: Group) -> None:
    with ThreadPoolExecutor(2) as pool:
        asked = [*pool.map(partial(group.ask, group.first), [group.grace, group.joan])]
    assert sorted(reply.status for reply in asked) == [200, 409]


def test_what_was_said_is_not_said_anew_once_the_ticket_was_used(group: Group) -> None:
    """Who was let in by a name has come by it; a form that nobody has filled in yet is, also then."""
    key = group.asked_and_sold()
    other = group.keys(group.joan)[-1]
    assert group.fill_in(key).status == 200
    group.database.run("UPDATE attendees SET is_checked_in = true WHERE order_id = :id", id=group.order_.id)
    refused = group.fill_in(key, firstname="Eve")
    assert (refused.status, group.answer("show", key).json["refusal"] is None) == (409, False), refused.text
    assert group.fill_in(other, firstname="Joan").status == 200


def test_a_request_goes_on_for_the_ticket_that_replaces_the_one_that_was_asked_about(group: Group) -> None:
    key = group.asked_and_sold()
    other = group.keys(group.joan)[-1]
    group.allow(**{"ticket-exchange": "kinds"})
    assert group.fill_in(other, firstname="Joan").status == 200
    kind = stored(make_ticket, event=group.event, type="free", price=None, quantity=5)
    buyer, came = group.asking("buyer"), []
    for attendee in (group.first, group.second):
        path = f"/v1/attendees/{attendee}/exchange"
        sent: dict[str, Any] = {"ticket": kind.id}
        quote = buyer.post(f"{path}-quote", sent, content_type="application/json")
        assert quote.status == 200, quote.text
        made = buyer.post(path, {**sent, "quote": quote.json["quote"]}, content_type="application/json")
        assert made.status == 200, made.text
        rows = group.database.rows(
            "SELECT attendees.id FROM attendees JOIN ticket_exchanges ON new_order_id = attendees.order_id "
            "WHERE ticket_exchanges.id = :id",
            id=int(made.data["id"]),
        )
        came.append(rows[0]["id"])
    group.pump.tick("sweep_outbox")
    assert group.answer("show", key).json["refusal"] is None
    filled = group.fill_in(key)
    assert (filled.status, filled.json) == (200, {"state": "answered", "attendee": str(came[0])})
    again = group.fill_in(other, company="Yale")
    assert (again.status, again.json["attendee"]) == (200, str(came[1]))
    assert buyer.get(f"/v1/attendees/{came[1]}").data["attributes"].get("company") is None
