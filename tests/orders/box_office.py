"""The event of the histories: three tickets that share a hall, its people, and what the database says of it.

Whatever is asked here is asked over HTTP; `seen` looks beside it into the database.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import pg8000.native

from chalicelib import clock, db
from chalicelib.auth import tokens
from chalicelib.resources.identifiers import hash_of
from chalicelib.resources.orders.form_request import FormRequest
from chalicelib.resources.orders.order import links
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.orders.ticket_transfer import TicketTransfer
from chalicelib.tasks.expire_order import NAME, expire_order
from chalicelib.tasks.issue_credit_notes import issue_credit_notes
from chalicelib.tasks.issue_invoice import issue_invoice
from chalicelib.tasks.offer_places import lapse_offer, offer_places
from tests.factories.access_code import make_access_code
from tests.factories.custom_form import make_custom_form
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.factories.refund_rule import make_refund_rule
from tests.factories.setting import make_setting
from tests.factories.tax import make_tax
from tests.factories.ticket import make_ticket
from tests.factories.ticket_fee import make_ticket_fee
from tests.factories.ticket_pool import make_ticket_pool
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.orders.baskets import ORDER
from tests.orders.order_book import (
    DISCOUNT,
    FEE,
    GUEST,
    HOLDS,
    KEPT,
    MOST_FEE,
    PROMISED,
    TAX,
    UNVERIFIED,
    Ticket,
    Wish,
)
from tests.support.databases import TestDatabase
from tests.support.guests import OPEN
from tests.support.http_client import Client, Reply

BUYERS: Final = ("ada", "alan", UNVERIFIED, GUEST)
HALL: Final = 5
CODES: Final = {"discount": 3, "access": 2}
TEXTS: Final = {"good": {"discount": "SPRING", "access": "FRIENDS"}, "bad": {"discount": "X", "access": "Y"}}
_PATHS: Final = {"pool": "ticket-pool", "discount": "discount-code", "access": "access-code"}
_NOWHERE: Final = 10**9
_BUYER: Final = {"name": "Gale", "email": "gale@example.org"}
_ORDER_OF: Final = {
    "orders": "SELECT id FROM orders WHERE id = :id",
    "attendees": "SELECT order_id AS id FROM attendees WHERE id = :id",
}

_ORDERS: Final = """
SELECT id, status, amount, payment_mode AS mode,
  CASE WHEN expires_at < :now THEN 'overdue' WHEN expires_at IS NOT NULL THEN 'held' END AS hold,
  EXISTS (SELECT FROM outbox WHERE task = :task AND arguments ->> 'order_id' = orders.id::text
    AND due_at BETWEEN expires_at AND expires_at + interval '3 s') AS will_end
FROM orders ORDER BY id
"""
_LIVING: Final = """
SELECT id, order_id, ticket_id, discount_code_id IS NOT NULL AS discount,
  access_code_id IS NOT NULL AS access, firstname AS name, is_checked_in AS has_come
FROM attendees WHERE deleted_at IS NULL ORDER BY order_id, ticket_id, discount DESC, id
"""
_STOCKS: Final = """
SELECT coalesce(ticket_id, 0) AS ticket_id, pool_id IS NOT NULL AS pool, discount_code_id IS NOT NULL AS discount,
  capacity, taken, (
    SELECT count(*) FROM attendees coming JOIN tickets ON tickets.id = coming.ticket_id
    WHERE coming.deleted_at IS NULL AND (coming.ticket_id = stocks.ticket_id OR tickets.pool_id = stocks.pool_id
      OR coming.discount_code_id = stocks.discount_code_id OR coming.access_code_id = stocks.access_code_id)
  ) + (
    SELECT coalesce(sum(entry.offered_quantity), 0) FROM waiting_list_entries entry
    JOIN tickets ON tickets.id = entry.offered_ticket_id
    WHERE entry.state = 'offered' AND (tickets.id = stocks.ticket_id OR tickets.pool_id = stocks.pool_id)
  ) AS recount FROM stocks
"""
_PAPERS: Final = """
SELECT order_id, (content ->> 'total')::numeric AS invoiced, coalesce((
  SELECT sum(amount_minor) / 100.0 FROM credit_notes WHERE credit_notes.order_id = invoices.order_id
), 0) AS credited FROM invoices
"""
_MESSAGES: Final = (
    "SELECT (arguments ->> 'order_id')::bigint AS id FROM outbox WHERE task = :task ORDER BY outbox.id"
)


def tickets() -> dict[str, Ticket]:
    """What is for sale, in the order of the ids."""
    seat = Ticket("seat", Decimal("123.45"), 3, most=2, is_discounted=True, has_fee=True)
    gallery = Ticket("gallery", Decimal(0), 4, least=2)
    box = Ticket("box", Decimal("67.83"), 3, is_hidden=True, is_discounted=True)
    return {item.name: item for item in (seat, gallery, box)}


@dataclass
class BoxOffice:
    """The event in a database of its own. `ids` are those of tickets, codes, the pool and people."""

    connection: pg8000.native.Connection
    event_id: int
    ids: dict[str, int]
    time: ExitStack = field(default_factory=ExitStack)
    looked: int = 0

    def ask(self, viewer: str, method: str, path: str, body: object = None, key: str | None = None) -> Reply:
        """A request of this person's."""
        headers = {"Idempotency-Key": key} if key else None
        if viewer == GUEST:
            return self._ask_as_guest(method, path, body, headers)
        asking = Client().signed_in_as(self.ids[viewer])  # a token of this moment, as time passes
        return asking.request(method, path, body, headers=headers)

    def _ask_as_guest(self, method: str, path: str, body: Any, headers: dict[str, str] | None) -> Reply:
        """Ordering says who buys; all else is asked with the token of the order that it is about.

        Where an account is refused, or told that there is nothing, who has none is asked to sign in.
        """
        if path == ORDER:
            return Client().request(method, path, {**body, "buyer": _BUYER}, headers=headers)
        kind, id = path.partition("?")[0].split("/")[2:4]
        found = self.rows(_ORDER_OF[kind], id=int(id))
        order = found[0]["id"] if found else int(id)
        token = tokens.link_token({"order": order, "event": self.event_id}, 0)
        reply = Client(token).request(method, path, body, headers=headers)
        return replace(reply, status=403 if found else 404) if reply.status == 401 else reply

    def open_link(self, order_id: int) -> int:
        """The guest opens a link of the order: the status of the answer."""
        with db.transaction() as session:
            link = links.issue(session, session.get_one(Order, order_id), clock.now())
        return Client().post(OPEN, {"data": {"token": link.partition("#key=")[2]}}).status

    def accept(self, transfer_id: int, name: str) -> int:
        """Whoever is offered a ticket opens the mailed link and accepts it: the status of the answer."""
        secret = f"secret-{transfer_id}"
        with db.transaction() as session:
            session.get_one(TicketTransfer, transfer_id).hash = hash_of(secret)
        sent = {"data": {"token": secret, "attributes": {"firstname": name}}}
        return Client().post("/v1/ticket-transfers/accept", sent, content_type="application/json").status

    def fill_in(self, request_id: int, name: str) -> int:
        """Whoever is asked opens the mailed link and fills in the form: the status of the answer."""
        secret = f"form-{request_id}"
        with db.transaction() as session:
            request = session.get(FormRequest, request_id)
            if request is not None:
                request.hash = hash_of(secret)
        sent = {"data": {"token": secret, "attributes": {"firstname": name}}}
        return Client().post("/v1/form-requests/fill-in", sent, content_type="application/json").status

    def pass_time(self, minutes: int) -> None:
        """Let it be so much later from now on."""
        self.time.enter_context(clock.shifted(timedelta(minutes=minutes)))

    def basket(self, wish: Wish) -> dict[str, Any]:
        """The body that says what is wished."""
        lines = [{"id": self.ids.get(name, _NOWHERE), "quantity": number} for name, number in wish.lines]
        body: dict[str, Any] = {"tickets": lines, "discount-verify": wish.verify}
        for code, which in (("discount", wish.discount), ("access", wish.access)):
            if which:
                body[f"{code}-code"] = TEXTS[which][code]
        return body

    def address(self, what: str) -> tuple[str, str, int]:
        """Path, type and id of a ticket, a code or the pool."""
        type = _PATHS.get(what, "ticket")
        return f"/v1/{type}s/{self.ids[what]}", type, self.ids[what]

    def rows(self, sql: str, **values: object) -> list[dict[str, Any]]:
        """What the database says, on a connection that none of the answers came by."""
        found = self.connection.run(sql, **values)
        names = [column["name"] for column in self.connection.columns or ()]
        return [dict(zip(names, row, strict=True)) for row in found or ()]

    def orders(self) -> list[dict[str, Any]]:
        """Every order, with how it stands with its hold."""
        return self.rows(_ORDERS, now=clock.now(), task=NAME)

    def living(self) -> list[dict[str, Any]]:
        """Every attendee that is not in the trash, with the name of the ticket."""
        names = {id: name for name, id in self.ids.items() if name in tickets()}
        return [row | {"ticket": names[row.pop("ticket_id")]} for row in self.rows(_LIVING)]

    def places(self, order_id: int) -> list[dict[str, Any]]:
        """The attendees of an order, in the trash or not."""
        return self.rows(
            "SELECT id FROM attendees WHERE order_id = :id "
            "ORDER BY ticket_id, (discount_code_id IS NOT NULL) DESC, id",
            id=order_id,
        )

    def new_order(self, exchange_id: int) -> int:
        """The order that an exchange has made."""
        found = self.rows("SELECT new_order_id FROM ticket_exchanges WHERE id = :id", id=exchange_id)
        return int(found[0]["new_order_id"])

    def stocks(self) -> dict[str, tuple[int, int, int]]:
        """Of each thing that is counted: its places, how many are taken, and how many attendees there are."""
        names = {id: name for name, id in self.ids.items() if name in tickets()}
        found = {}
        for row in self.rows(_STOCKS):
            codes = "pool" if row["pool"] else "discount" if row["discount"] else "access"
            found[names.get(row["ticket_id"], codes)] = row["capacity"], row["taken"], row["recount"]
        return found

    def available(self, viewer: str) -> dict[str, tuple[int, int]]:
        """Of each ticket that this viewer is told of: its quantity, and what is left."""
        reply = self.ask(viewer, "GET", f"/v1/events/{self.event_id}/tickets/availability")
        assert reply.status == 200, reply.text
        return {element["name"]: (element["quantity"], element["available"]) for element in reply.json}

    def messages(self) -> list[int]:
        """The ids of orders whose holds have ends, as written down for later: one for each hold there was."""
        return [row["id"] for row in self.rows(_MESSAGES, task=NAME)]

    def papers(self) -> dict[int, tuple[Decimal, Decimal]]:
        """What was invoiced and credited of each order, once all papers are issued that are due."""
        for row in self.rows("SELECT id FROM orders"):
            for issue in (issue_invoice, issue_credit_notes):
                with db.transaction() as session:
                    issue(session, row["id"])
        return {row["order_id"]: (row["invoiced"], row["credited"]) for row in self.rows(_PAPERS)}

    def is_to_be_looked_at(self) -> bool:
        """Whether the database has asked for a look at the waiting list since the last time."""
        (row,) = self.rows("SELECT coalesce(max(id), 0) AS newest FROM outbox WHERE task = 'offer_places'")
        former, self.looked = self.looked, int(row["newest"])
        return self.looked > former

    def look(self) -> None:
        """The message about it comes."""
        with db.transaction() as session:
            offer_places(session, self.event_id)

    def lapse(self, entry_id: int) -> None:
        """The deadline of an offer passes, and the message about it comes."""
        late = clock.now() - timedelta(seconds=1)
        self.rows("UPDATE waiting_list_entries SET expires_at = :late WHERE id = :id", id=entry_id, late=late)
        with db.transaction() as session:
            lapse_offer(session, entry_id)

    def entries(self) -> list[int]:
        """The ids of all entries of the waiting list, oldest first."""
        return [row["id"] for row in self.rows("SELECT id FROM waiting_list_entries ORDER BY id")]

    @staticmethod
    def deliver(order_id: int) -> None:
        """One message about an order's hold."""
        with db.transaction() as session:
            expire_order(session, order_id)


@contextmanager
def box_office(database: TestDatabase, **event: Any) -> Iterator[BoxOffice]:
    """A box office that has just opened, for the length of the block. The product uses this database."""
    event_id, ids = _opened(**event)
    with database.connected() as connection:
        office = BoxOffice(connection, event_id, ids)
        with office.time:
            yield office


def _opened(**values: Any) -> tuple[int, dict[str, int]]:
    with db.transaction() as session:
        make_setting(session, order_expiry_time=HOLDS["initializing"])
        payment: dict[str, Any] = {
            "can_pay_by_bank": True,
            "can_pay_by_stripe": True,
            "payment_currency": "EUR",
        }
        allowed: dict[str, Any] = {"is_ticket_transfer_enabled": True, "is_group_order_enabled": True}
        allowed |= {"ticket_exchange": "kinds", "cheaper_exchange": "by-rule"}
        event = make_event(session, is_tax_enabled=True, **allowed, **payment, **values)
        make_tax(session, event=event, rate=TAX)
        make_refund_rule(session, event=event, steps=[{"hours-before": 0, "percent": PROMISED}], fee=KEPT)
        make_ticket_fee(session, country=None, service_fee=FEE, maximum_fee=MOST_FEE)
        make_custom_form(
            session,
            event=event,
            form="attendee",
            field_identifier="firstname",
            is_required=True,
            is_fixed=True,
        )
        pool = make_ticket_pool(session, event=event, quantity=HALL)
        made: dict[str, Any] = {"pool": pool}
        for ticket in tickets().values():
            made[ticket.name] = make_ticket(
                session,
                event=event,
                name=ticket.name,
                type="paid" if ticket.price else "free",
                price=ticket.price,
                quantity=ticket.capacity,
                min_order=ticket.least,
                max_order=ticket.most,
                is_hidden=ticket.is_hidden,
                is_fee_absorbed=not ticket.has_fee,
                pool_id=pool.id,
            )
            made[ticket.name].max_order = ticket.most  # where null would be taken for the default
        cheap = tuple(made[ticket.name] for ticket in tickets().values() if ticket.is_discounted)
        made["discount"] = make_discount_code(
            session,
            event=event,
            tickets=cheap,
            code=TEXTS["good"]["discount"],
            value=DISCOUNT,
            tickets_number=CODES["discount"],
            max_quantity=-1,  # without a limit
        )
        made["access"] = make_access_code(
            session,
            event=event,
            tickets=(made["box"],),
            code=TEXTS["good"]["access"],
            tickets_number=CODES["access"],
        )
        for name in (*(buyer for buyer in BUYERS if buyer != GUEST), "staff", "stranger"):
            made[name] = make_user(session, is_verified=name != UNVERIFIED, is_admin=name == "staff")
        session.flush()
        ids = {name: row.id for name, row in made.items()}
        for role in ("owner", "registrar"):
            ids[role] = make_users_events_roles(session, event=event, role=role).user_id
        return event.id, ids
