"""Codes in a basket by their id, as the web front end sends them: from whoever has named the code by its text."""

from typing import Any

import pytest

from tests.factories import stored
from tests.factories.access_code import make_access_code
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply

HOME, ELSEWHERE = "203.0.113.7", "203.0.113.8"


class Fair:
    """An event with a ticket, a hidden one, and a code for each."""

    def __init__(self, client: Client) -> None:
        self.owner = stored(make_user)
        self.event = stored(make_event, owner=self.owner, state="published", can_pay_onsite=True)
        self.ticket = stored(make_ticket, event=self.event, type="paid", price=10)
        self.hidden = stored(make_ticket, event=self.event, type="free", price=0, is_hidden=True)
        team = client.signed_in_as(self.owner)
        self.discount = stored(make_discount_code, event=self.event, code="HALF", type="percent", value=50)
        self.access = stored(make_access_code, event=self.event, code="FRIEND")
        for code, ticket in ((self.discount, self.ticket), (self.access, self.hidden)):
            type = "discount-code" if code is self.discount else "access-code"
            links = document(type, {}, code.id, tickets=[("ticket", ticket)])
            assert team.patch(f"/v1/{type}s/{code.id}", links).status == 200

    def priced(self, asking: Client, **codes: Any) -> Reply:
        ticket = self.hidden if "access_code" in codes else self.ticket
        body = {"tickets": [{"id": ticket.id, "quantity": 1}]}
        body |= {name.replace("_", "-"): value for name, value in codes.items()}
        return asking.post("/v1/orders/calculate-amount", body, content_type="application/json")


@pytest.fixture
def fair(client: Client) -> Fair:
    return Fair(client)


@pytest.mark.parametrize("form", [str, int])
def test_an_id_is_taken_from_who_has_looked_the_code_up(client: Client, fair: Fair, form: Any) -> None:
    here, there = client.from_address(HOME), client.from_address(ELSEWHERE)
    for name, code in (("discount", fair.discount), ("access", fair.access)):
        by_id = {f"{name}_code": form(code.id)}
        for asking in (here, there, client.signed_in_as(stored(make_user)).from_address(ELSEWHERE)):
            refused = fair.priced(asking, **by_id)
            assert (refused.status, refused.errors[0]["source"]) == (422, {"pointer": f"/{name}-code"})
        found = here.get(f"/v1/events/{fair.event.id}/{name}-codes/{code.code}")
        assert (found.status, found.data["id"]) == (200, str(code.id))
        taken = fair.priced(here, **by_id)
        assert taken.status == 200, taken.text
        assert fair.priced(there, **by_id).status == 422
    assert fair.priced(here, discount_code=form(fair.discount.id)).json["total"] == 5
    assert fair.priced(here).json["total"] == 10


def test_an_account_has_looked_it_up_wherever_it_is(
    client: Client, fair: Fair, database: TestDatabase
) -> None:
    buyer = client.signed_in_as(stored(make_user))
    looked_up = buyer.from_address(HOME).get(f"/v1/events/{fair.event.identifier}/discount-codes/half")
    assert looked_up.status == 200
    moved = buyer.from_address(ELSEWHERE)
    body = {"tickets": [{"id": fair.ticket.id, "quantity": 1}], "discount-code": str(fair.discount.id)}
    ordered = moved.post("/v1/orders/create-order", body, content_type="application/json")
    assert (ordered.status, ordered.data["attributes"]["amount"]) == (200, 5)
    assert database.one("SELECT discount_code_id FROM orders") == fair.discount.id
    database.run("DELETE FROM rate_limits")  # a day later: the order itself shows that the text was known
    assert fair.priced(moved, discount_code=fair.discount.id).status == 200
    assert fair.priced(client.signed_in_as(stored(make_user)), discount_code=fair.discount.id).status == 422


def test_the_team_and_staff_know_their_codes(client: Client, fair: Fair) -> None:
    for user in (fair.owner, stored(make_user, is_admin=True)):
        assert fair.priced(client.signed_in_as(user), discount_code=fair.discount.id).status == 200
    other = stored(make_event, owner=stored(make_user))
    stranger = stored(make_user)
    assert other.id != fair.event.id
    assert fair.priced(client.signed_in_as(stranger), discount_code=fair.discount.id).status == 422


def test_a_lookup_expires(client: Client, fair: Fair, database: TestDatabase) -> None:
    here = client.from_address(HOME)
    assert here.get(f"/v1/events/{fair.event.id}/discount-codes/HALF").status == 200
    database.run("UPDATE rate_limits SET free_at = 0")
    assert fair.priced(here, discount_code=fair.discount.id).status == 422


def test_another_text_ends_what_was_known(client: Client, fair: Fair) -> None:
    buyer, team = client.signed_in_as(stored(make_user)), client.signed_in_as(fair.owner)
    codes = (("discount", fair.discount, fair.ticket), ("access", fair.access, fair.hidden))
    for name, code, ticket in codes:
        body = {"tickets": [{"id": ticket.id, "quantity": 1}], f"{name}-code": code.code}
        ordered = buyer.post("/v1/orders/create-order", body, content_type="application/json")
        assert ordered.status == 200, ordered.text
        here = client.from_address(HOME)
        assert here.get(f"/v1/events/{fair.event.id}/{name}-codes/{code.code}").status == 200
        by_id = {f"{name}_code": code.id}
        for text, status in ((code.code.lower(), 200), ("LEAKED-NOT", 422), (code.code, 422)):
            change = document(f"{name}-code", {"code": text}, code.id)
            assert team.patch(f"/v1/{name}-codes/{code.id}", change).status == 200
            assert fair.priced(buyer, **by_id).status == status, text
            if text != code.code:  # the anonymous one knows the former text, which is there again
                assert fair.priced(here, **by_id).status == status, text
        assert fair.priced(here, **by_id).status == 200
        assert here.get(f"/v1/events/{fair.event.id}/{name}-codes/{code.code}").status == 200
        by_text = {f"{name}_code": code.code}
        assert fair.priced(buyer, **by_text).status == 200
        change = document(f"{name}-code", {"code": f"NEW-{name}"}, code.id)
        assert team.patch(f"/v1/events/{fair.event.id}/{name}-codes/{code.code}", change).status == 200
        for asking in (buyer, here):
            assert fair.priced(asking, **by_id).status == 422


@pytest.mark.parametrize("text", ["99999999999999999999", "-1", "0", "1.0", "\u0661"])
def test_a_number_that_is_no_id_is_an_unknown_code(client: Client, fair: Fair, text: str) -> None:
    assert fair.priced(client.from_address(HOME), discount_code=text).status == 422


def test_a_code_of_digits_is_still_named_by_its_text(client: Client, fair: Fair) -> None:
    digits = stored(make_discount_code, event=fair.event, code="2031", type="percent", value=10)
    team = client.signed_in_as(fair.owner)
    links = document("discount-code", {}, digits.id, tickets=[("ticket", fair.ticket)])
    assert team.patch(f"/v1/discount-codes/{digits.id}", links).status == 200
    assert fair.priced(client, discount_code="2031").json["total"] == 9


def test_an_account_that_knows_a_code_does_not_tell_others_at_its_address(client: Client, fair: Fair) -> None:
    buyer, other = (client.signed_in_as(stored(make_user)).from_address(HOME) for _ in range(2))
    assert buyer.get(f"/v1/events/{fair.event.id}/discount-codes/HALF").status == 200
    assert fair.priced(buyer, discount_code=fair.discount.id).status == 200
    for asking in (other, client.from_address(HOME)):
        assert fair.priced(asking, discount_code=fair.discount.id).status == 422
