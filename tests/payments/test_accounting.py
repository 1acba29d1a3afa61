"""The accounting report: it agrees with the ledger, with the papers, and with the provider's books."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest

from devstack.stripe_stand_in import StripeStandIn
from tests.factories import stored
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.payments.test_refunds import sold
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.payments import Counter

pytestmark = pytest.mark.one_database


def report(asking: Client, event: Any, query: str = "") -> Any:
    """The sums, by currency and provider."""
    reply = asking.get(f"/v1/events/{event.id}/accounting{query}")
    assert reply.status == 200, reply.text
    return {(each["currency"], each["provider"]): each for each in reply.json["sums"]}


def lines(asking: Client, event: Any, query: str = "") -> list[dict[str, str]]:
    """The lines of the CSV."""
    reply = asking.get(f"/v1/events/{event.id}/accounting.csv{query}")
    assert reply.status == 200, reply.text
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(reply.text)))


def of_provider(stripe: StripeStandIn, intents: list[str]) -> tuple[int, int]:
    """What Stripe's books say of these payments: received and refunded, in minor units."""
    charges = [stripe.seen(intent)["latest_charge"] for intent in intents]
    return sum(each["amount"] for each in charges), sum(each["amount_refunded"] for each in charges)


def test_it_agrees_with_ledger_papers_and_stripe(counter: Counter, stripe: StripeStandIn) -> None:
    counter.database.run(
        "INSERT INTO ticket_fees (currency, country, service_fee, maximum_fee) VALUES ('EUR', 'global', 5, 9)"
    )
    assert report(counter.organizer, counter.event) == {}
    online = [sold(counter, number) for number in (1, 2, 3)]
    intents = [counter.intent(order) for order in online]
    offline = counter.order(2)
    for asking, values in (
        (
            counter.asking,
            {"status": "placed", "payment-mode": "bank", "company": "=HYPERLINK(1)", "country": "DE"},
        ),
        (counter.organizer, {"status": "completed"}),
    ):
        reply = asking.patch(f"/v1/orders/{offline['id']}", document("order", values, offline["id"]))
        assert reply.status == 200, reply.text
    open_one = counter.order(1)  # held, and never paid: no entry
    assert counter.charge(open_one).status == 200
    counter.pump.everything()
    assert counter.refund(online[1], amount=12.34, note="+cmd").status == 200
    assert counter.refund(online[2]).status == 200
    assert counter.refund(offline, attendees=counter.attendees(offline)[:1]).status == 200
    under_way = report(counter.organizer, counter.event)[("EUR", "stripe")]
    whole = counter.ledger(online[2])[0][1]
    assert round(under_way["under-way"] * 100) == 1234 + whole
    counter.pump.everything()

    sums = report(counter.organizer, counter.event)
    assert {*sums} == {("EUR", "stripe"), ("EUR", "offline")}
    ours = sums[("EUR", "stripe")]
    assert (ours["payments"], ours["refunds"], ours["under-way"]) == (3, 2, 0)
    received, refunded = of_provider(stripe, intents)
    assert (round(ours["paid"] * 100), round(ours["refunded"] * 100)) == (received, refunded)
    fees = [stripe.intents[intent]["application_fee_amount"] for intent in intents]
    assert round(ours["fees"] * 100) == sum(fees)
    for each in sums.values():
        assert Decimal(str(each["invoiced"])) - Decimal(str(each["credited"])) == Decimal(
            str(each["balance"])
        )
    given = sums[("EUR", "offline")]
    assert given["refunded"] == given["paid"] / 2
    ledger = counter.database.rows(
        "SELECT sum(amount_minor)::bigint AS paid, sum(refunded_minor)::bigint AS back FROM payments "
        "WHERE event_id = :id AND state = 'succeeded'", id=counter.event.id,
    )[0]  # fmt: skip
    assert sum(round(each["paid"] * 100) for each in sums.values()) == ledger["paid"]
    assert sum(round(each["refunded"] * 100) for each in sums.values()) == ledger["back"]

    told = lines(counter.organizer, counter.event)
    for kind, name in (
        ("payment", "paid"),
        ("refund", "refunded"),
        ("invoice", "invoiced"),
        ("credit-note", "credited"),
    ):
        listed = sum(Decimal(line["Amount"]) for line in told if line["Kind"] == kind)
        assert listed == sum(Decimal(str(each[name])) for each in sums.values()), kind
    buyers = {line["Buyer"] for line in told}
    assert "'=HYPERLINK(1)" in buyers, buyers
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in told for cell in line.values())


def test_a_range_of_days(counter: Counter) -> None:
    order = sold(counter)
    counter.database.run("UPDATE events SET timezone = 'Asia/Tokyo' WHERE id = :id", id=counter.event.id)
    counter.database.run(
        "UPDATE payments SET paid_at = '2026-03-31 15:30:00+00' WHERE order_id = :id", id=int(order["id"])
    )
    for query, count in (
        ("?from=2026-04-01&to=2026-04-01", 1), ("?to=2026-03-31", 0), ("?from=2026-04-02&to=2026-04-03", 0),
    ):  # fmt: skip
        sums = report(counter.organizer, counter.event, query)
        assert sum(each["payments"] for each in sums.values()) == count, query
        assert len(lines(counter.organizer, counter.event, query)) == count
    for query in ("?from=yesterday", "?to=2026-13-01", "?from=2026-04-02&to=2026-04-01"):
        for path in ("accounting", "accounting.csv"):
            reply = counter.organizer.get(f"/v1/events/{counter.event.id}/{path}{query}")
            assert (reply.status, "parameter" in reply.errors[0]["source"]) == (400, True)


def test_it_is_for_organizers(counter: Counter) -> None:
    counter.database.run("UPDATE events SET state = 'published' WHERE id = :id", id=counter.event.id)
    helper = stored(make_users_events_roles, event=counter.event, role="coorganizer").user_id
    organizer = stored(make_users_events_roles, event=counter.event, role="organizer").user_id
    for path in ("accounting", "accounting.csv"):
        address = f"/v1/events/{counter.event.id}/{path}"
        assert counter.client.get(address).status == 401
        for person, status in ((helper, 403), (stored(make_user), 403), (organizer, 200)):
            assert counter.client.signed_in_as(person).get(address).status == status
        assert counter.organizer.get(f"/v1/events/999999/{path}").status == 404
