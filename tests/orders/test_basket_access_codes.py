"""Access codes in a basket: what they open, for whom, when, how often, and for how many at once."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from tests.factories import stored
from tests.factories.access_code import make_access_code
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.orders.baskets import CALCULATE, INVALID, Asking, basket, buyer, hidden
from tests.support.databases import TestDatabase

__all__ = ["buyer"]

HOUR = timedelta(hours=1)


def test_hidden_tickets_are_had_with_their_code_or_by_the_team(buyer: Asking, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    ticket, other, visible = hidden(event), hidden(event), stored(make_ticket, event=event)
    stored(make_access_code, event=event, tickets=(ticket,), code="Friends")
    stored(make_access_code, event=event, tickets=(other,), code="Others")
    assert buyer.refused(basket(visible, ticket)) == (422, "/tickets/1/id")
    assert buyer.refused(basket(ticket, access_code="Others")) == (422, "/tickets/0/id")
    assert buyer.refused(basket(ticket, other, access_code="friends")) == (422, "/tickets/1/id")
    assert buyer.refused(basket(ticket, access_code="Nobody")) == (422, "/access-code")
    assert buyer.accepted(basket(ticket, visible, access_code="FRIENDS"))
    used = database.rows(
        "SELECT tickets.is_hidden, access_code_id IS NOT NULL AS counts, is_access_code_applied AS shows "
        "FROM attendees JOIN tickets ON tickets.id = ticket_id ORDER BY 1"
    )
    assert [tuple(item.values()) for item in used] == [(False, False, False), (True, True, True)]
    assert buyer.signed_in_as(owner).accepted(basket(ticket, other))
    assert buyer.signed_in_as(stored(make_user, is_admin=True)).accepted(basket(ticket, other))


def test_nothing_is_told_about_a_hidden_ticket_without_its_code(buyer: Asking) -> None:
    event = stored(make_event)
    past = {"sales_starts_at": clock.now() - 2 * HOUR, "sales_ends_at": clock.now() - HOUR}
    ticket = hidden(event, name="The surprise", quantity=1, max_order=1, **past)
    answer = buyer.client.post(CALCULATE, basket((ticket, 5)))
    assert (answer.status, len(answer.errors)) == (422, 1)
    assert "surprise" not in answer.text


@pytest.mark.parametrize("values", INVALID)
def test_an_access_code_opens_nothing_when_it_is_not_valid(buyer: Asking, values: dict[str, Any]) -> None:
    event = stored(make_event)
    ticket = hidden(event)
    for code, is_valid in (({}, True), (values, False)):
        made = stored(make_access_code, event=event, tickets=(ticket,), **code)
        body = basket(ticket, access_code=made.code)
        assert bool(buyer.accepted(body)) if is_valid else buyer.refused(body) == (422, "/access-code")


def test_an_access_code_opens_so_many_tickets_in_all_and_at_once(
    buyer: Asking, database: TestDatabase
) -> None:
    event = stored(make_event)
    ticket, visible = hidden(event), stored(make_ticket, event=event)
    code = stored(
        make_access_code, event=event, tickets=(ticket,), tickets_number=4, min_quantity=2, max_quantity=3
    ).code
    for wrong in (1, 4):
        assert buyer.refused(basket((ticket, wrong), (visible, 2), access_code=code)) == (422, "/access-code")
    assert buyer.accepted(basket((ticket, 3), visible, access_code=code))
    assert buyer.refused(basket((ticket, 2), access_code=code)) == (422, "/access-code")
    database.run("UPDATE attendees SET deleted_at = now()")  # who cancels gives it back
    assert buyer.accepted(basket((ticket, 2), access_code=code))


def test_an_access_code_is_not_used_up_by_what_needs_none(buyer: Asking, database: TestDatabase) -> None:
    event = stored(make_event)
    ticket = stored(make_ticket, event=event)  # it was hidden once
    code = stored(make_access_code, event=event, tickets=(ticket,), tickets_number=1).code
    assert buyer.accepted(basket((ticket, 3), access_code=code))
    assert database.one("SELECT taken FROM stocks WHERE access_code_id IS NOT NULL") == 0
    assert database.one("SELECT access_code_id FROM orders") is None
