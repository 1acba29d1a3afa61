"""The storm with online payment: buyers pay a stand-in for Stripe while processes are killed, and at the end
the provider's books and ours are compared to the cent.
"""

import http.client
import json
import random
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import timedelta
from io import StringIO
from threading import Lock
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from benchmarks.storm.sale import Person
from benchmarks.storm.servers import Servers
from chalicelib import clock, db, signals
from chalicelib.resources.admin.setting import Setting
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.order.reservations import expire
from chalicelib.resources.orders.payment.reconciling import reconcile
from chalicelib.resources.orders.stripe_authorization import StripeAuthorization
from chalicelib.resources.tickets.ticket import Ticket
from chalicelib.tasks.registry import TASKS
from devstack import database, stripe_connect
from devstack.stripe_stand_in import DEMO_ACCOUNT, WEBHOOK_SECRET, StripeStandIn

PRICE: Final = 2500  # in cents
_ATTEMPTS, _PAUSE = 200, 0.05
_ROUNDS: Final = 8  # of reconciliation: money that was late goes back in the next one
_OF_MONEY: Final = ("settle_payment", "send_refund", "reconcile_payments", "expire_order")
_DUE: Final = """
SELECT id, task, arguments FROM outbox WHERE task = ANY (:tasks) AND due_at <= :now ORDER BY id
"""
_LEDGER: Final = """
SELECT paid.provider_id AS intent, paid.state, paid.amount_minor AS paid, paid.refunded_minor AS refunded,
  bought.status, (SELECT count(*) FROM attendees WHERE order_id = bought.id AND deleted_at IS NULL) AS coming
FROM payments paid JOIN orders bought ON bought.id = paid.order_id
"""
_WITHOUT_MONEY: Final = """
SELECT id FROM orders WHERE status = 'completed' AND amount > 0 AND NOT EXISTS (
  SELECT FROM payments paid WHERE paid.order_id = orders.id AND paid.state = 'succeeded'
  AND paid.refunded_minor < paid.amount_minor)
"""
_COUNTED: Final = """
SELECT (SELECT sum(taken) FROM stocks WHERE ticket_id IS NOT NULL),
  (SELECT count(*) FROM attendees WHERE deleted_at IS NULL), (SELECT sum(capacity) FROM stocks)
"""


@dataclass(slots=True)
class Books:
    """Amounts in cents, as the provider says and as we do; how buyers fared, and what is wrong."""

    received: int = 0
    returned: int = 0
    noted: int = 0
    refunded: int = 0
    fared: Counter[str] = field(default_factory=Counter)
    killed: int = 0
    broken: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """As they are printed."""
        for who, paid, back in (
            ("provider", self.received, self.returned),
            ("ours", self.noted, self.refunded),
        ):
            yield f"  {who:<9} received {paid / 100:>12,.2f} EUR, returned {back / 100:>12,.2f} EUR"
        fared = ", ".join(f"{count} {how}" for how, count in sorted(self.fared.items()))
        yield f"  buyers    {fared}; {self.killed} processes killed"
        yield from (f"  BROKEN    {what}" for what in self.broken)
        if not self.broken:
            yield "  kept      both books agree to the cent; no money without order, no order without money"


def environment(stripe: StripeStandIn) -> dict[str, str]:
    """What leads the processes to the stand-in."""
    return {
        "STRIPE_API_URL": stripe.url,
        "STRIPE_CONNECT_URL": stripe.url,
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
    }


def run_paid(
    servers: Servers,
    stripe: StripeStandIn,
    url: str,
    people: Sequence[Person],
    *,
    places: int,
    threads: int,
    kill_every: int,
    seed: int = 0,
) -> Books:
    """Let these people buy and pay, kill a process after so many payments, settle, and compare the books."""
    stripe.connect.accounts.add(DEMO_ACCOUNT)
    ticket_id = _sale(places)
    stripe.webhook = f"http://127.0.0.1:{servers.port}/v1/stripe/webhook"
    books, lock, killed = Books(), Lock(), servers.killed

    def buy(number: int) -> None:
        chance = random.Random(f"{seed} {number}")  # noqa: S311 - no secret
        how = _Buyer(servers.port, stripe.url, people[number], chance).buy(ticket_id)
        with lock:
            books.fared[how] += 1
            if books.fared.total() % kill_every == 0:
                servers.kill_one(chance)

    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(buy, number) for number in range(len(people))]:
            done.result()
    stripe.webhook = None
    books.killed = servers.killed - killed
    _settle(url)
    compare(books, stripe, url)
    _count(books, url)
    return books


@dataclass(slots=True)
class _Buyer:
    """One buyer: what is not answered is sent again, with the same key."""

    port: int
    stripe: str
    person: Person
    chance: random.Random

    def buy(self, ticket_id: int) -> str:
        """Order, pay in one of several ways; returns how it went."""
        body = {"tickets": [{"id": ticket_id, "quantity": self.chance.choice((1, 1, 2))}]}
        status, told = self._ask("POST", "/v1/orders/create-order", body, uuid.uuid4().hex)
        if status != 200:
            return "without a place"
        order_id = int(told["data"]["id"])
        intent = self._charge(order_id)
        for _ in range(self.chance.choice((0, 0, 1))):  # another tab
            if self._charge(order_id)["id"] != intent["id"]:
                return "charged twice"
        way = self.chance.choice(("verified", "verified", "closed browser", "late", "declined", "gave up"))
        if way == "gave up":
            return way
        if way == "late":
            self._run_out(order_id)
        if way == "declined":
            self._confirm(intent, "pm_card_chargeCustomerFail")
        self._confirm(intent, "pm_card_visa")
        if way in {"verified", "declined"}:
            self._ask("POST", f"/v1/orders/{order_id}/verify", None, None)
        return way

    def _charge(self, order_id: int) -> Any:
        sent = {"data": {"type": "charge", "attributes": {"stripe": None}}}
        _, told = self._ask("POST", f"/v1/orders/{order_id}/charge", sent, None)
        return json.loads(told["data"]["attributes"]["message"])

    @staticmethod
    def _run_out(order_id: int) -> None:
        """The hold ends before the money comes."""
        with db.transaction() as session:
            now = clock.now() - timedelta(seconds=1)
            db.fetch(session, "UPDATE orders SET expires_at = $2 WHERE id = $1", [order_id, now])
            expire(session, order_id)

    def _confirm(self, intent: Mapping[str, Any], card: str) -> None:
        body = urlencode({"payment_method": card, "client_secret": intent["client_secret"]})
        there = http.client.HTTPConnection(urlsplit(self.stripe).netloc, timeout=60)
        there.request("POST", f"/v1/payment_intents/{intent['id']}/confirm", body)
        there.getresponse().read()
        there.close()

    def _ask(self, method: str, path: str, body: object, key: str | None) -> tuple[int, Any]:
        kind = "application/json" if "create-order" in path else "application/vnd.api+json"
        headers = {"Authorization": f"JWT {self.person.token}", "Content-Type": kind, "Accept": "*/*"}
        if key is not None:
            headers["Idempotency-Key"] = key
        for _ in range(_ATTEMPTS):
            here = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            try:
                here.request(method, path, None if body is None else json.dumps(body), headers)
                reply = here.getresponse()
                content = reply.read()
            except (OSError, http.client.HTTPException):
                time.sleep(_PAUSE)
                continue
            finally:
                here.close()
            again = reply.headers.get("Retry-After")
            if reply.status in {502, 503} or (reply.status == 409 and again):
                time.sleep(float(again or _PAUSE))
                continue
            return reply.status, json.loads(content)
        raise TimeoutError(f"{method} {path} was not answered")


def _sale(places: int) -> int:
    """A published event that is paid by Stripe; the id of its ticket."""
    begins, now = clock.now() + timedelta(days=30), clock.now()
    keys = {
        "stripe_test_client_id": stripe_connect.CLIENT_ID,
        "stripe_test_secret_key": stripe_connect.SECRET_KEY,
    }
    with signals.muted(), db.transaction() as session:
        session.query(Setting).delete()
        session.add(Setting(**keys))
        event = Event(
            name="Storm", starts_at=begins, ends_at=begins + timedelta(days=1), timezone="UTC",
            state="published", can_pay_by_stripe=True, payment_currency="EUR",
        )  # fmt: skip
        session.add(event)
        session.flush()
        session.add(StripeAuthorization(event_id=event.id, account=DEMO_ACCOUNT, stripe_publishable_key="pk"))
        times = {"sales_starts_at": now - timedelta(days=1), "sales_ends_at": now + timedelta(days=20)}
        ticket = Ticket(
            event_id=event.id, name="Seat", type="paid", price=PRICE / 100, quantity=places, **times
        )
        session.add(ticket)
        session.flush()
        return ticket.id


def _settle(url: str) -> None:
    """What the clock and the tasks do in the minutes that follow: until nothing is under way."""
    for number in range(1, _ROUNDS + 1):
        with clock.shifted(timedelta(minutes=12 * number)):
            with db.transaction() as session, redirect_stdout(StringIO()):  # where its metric goes
                reconcile(session)
            with database.connected(url) as connection:
                due = connection.run(_DUE, tasks=[*_OF_MONEY], now=clock.now())
            for id, name, arguments in due:
                with db.transaction() as session:
                    TASKS[name].run(session, **arguments)
                    db.fetch(session, "DELETE FROM outbox WHERE id = $1", [id])


def compare(books: Books, stripe: StripeStandIn, url: str) -> None:
    """Add up what the provider and we know of payments, and note what differs."""
    with database.connected(url) as connection:
        rows = connection.run(_LEDGER)
        unpaid = connection.run(_WITHOUT_MONEY)
    seen = {intent: stripe.seen(intent) for intent in stripe.intents}
    known = {row[0] for row in rows}
    for intent, paid in seen.items():
        charge = paid.get("latest_charge") or {}
        if paid["status"] == "succeeded":
            books.received += charge["amount"]
            books.returned += charge["amount_refunded"]
            if intent not in known:
                books.broken.append(f"{intent} is paid, and not known here")
    for intent, state, amount, refunded, status, people in rows:
        if state not in {"succeeded", "canceled"}:
            books.broken.append(f"{intent} is {state} for ever")
        if state == "succeeded":
            books.noted, books.refunded = books.noted + amount, books.refunded + refunded
            if amount > refunded and (status != "completed" or not people):
                books.broken.append(f"money without order: {intent}, {status}")
    if (books.received, books.returned) != (books.noted, books.refunded):
        books.broken.append("the books differ")
    books.broken += [f"order without money: {id}" for (id,) in unpaid]
    if books.fared["charged twice"]:
        books.broken.append("two payments of one order")


def _count(books: Books, url: str) -> None:
    with database.connected(url) as connection:
        ((taken, coming, capacity),) = connection.run(_COUNTED)
    if not taken == coming <= capacity:
        books.broken.append(f"{taken} places counted, {coming} people, {capacity} places")


__all__ = ["Books", "compare", "environment", "run_paid"]
