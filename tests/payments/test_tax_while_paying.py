"""Reverse charge and online payment: the amount of an order stays while it is being paid."""

import pytest

from devstack.stripe_stand_in import StripeStandIn
from tests.factories import stored
from tests.factories.tax import make_tax
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.payments import Counter
from tests.support.pump import Pump

pytestmark = pytest.mark.one_database


def test_a_tax_id_comes_before_the_payment(
    client: Client, database: TestDatabase, stripe: StripeStandIn, pump: Pump
) -> None:
    values = {"is_tax_enabled": True, "payment_country": "DE"}
    counter = Counter(client, database, stripe, pump, price=119, event_values=values)
    stored(
        make_tax, event=counter.event, is_tax_included_in_price=True, is_reverse_charge_enabled=True,
        country="DE", tax_id="DE136695976",
    )  # fmt: skip
    sent = {"country": "FR", "tax-id": "FR40303265045"}
    paying, told_before = counter.order(), counter.order()
    assert counter.charge(paying).status == 200
    address = f"/v1/orders/{paying['id']}"
    refused = counter.asking.patch(address, document("order", sent, paying["id"]))
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (409, "/data/attributes/country")
    assert counter.asking.get(address).data["attributes"]["amount"] == 119
    # What does not change the amount may still be said.
    assert counter.asking.patch(address, document("order", {"city": "Rome"}, paying["id"])).status == 200
    address = f"/v1/orders/{told_before['id']}"
    told = counter.asking.patch(address, document("order", sent, told_before["id"]))
    assert told.data["attributes"]["amount"] == 100
    counter.charge(told_before)
    stripe.pay(counter.intent(told_before))
    assert counter.verify(told_before) == "completed"
    assert counter.ledger(told_before) == [("succeeded", 10000, 0)]
