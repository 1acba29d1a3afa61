"""Demo orders in every state, as the rules of ordering would have left them.

Attendees of cancelled and expired orders are soft-deleted; reservations expire as usual.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import clock, outbox
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.form_request import ANSWERED, FormRequest
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.order.reservations import PENDING_FOR, reserved_until
from chalicelib.resources.orders.order.table import Order, orders_tickets
from chalicelib.resources.orders.payment import ledger
from chalicelib.resources.orders.payment.payment import Payment
from chalicelib.resources.orders.refund import REQUESTED
from chalicelib.resources.orders.refund_request import RefundRequest
from chalicelib.resources.orders.ticket_exchange import TicketExchange
from chalicelib.resources.orders.ticket_transfer import DECLINED, TicketTransfer
from chalicelib.resources.people.user.user import User
from chalicelib.resources.tickets.discount_code import DiscountCode
from chalicelib.resources.tickets.ticket import Ticket
from chalicelib.tasks import expire_order
from chalicelib.tasks.issue_credit_notes import issue_credit_notes
from chalicelib.tasks.issue_invoice import issue_invoice
from chalicelib.values.money import to_minor

_HOLD_MINUTES: Final = 15


@dataclass(frozen=True, slots=True)
class Shop:
    """Sells an event's tickets, perhaps discounted by the code."""

    session: Session
    event: Event
    tickets: Mapping[str, Ticket]
    users: Mapping[str, User]
    code: DiscountCode | None

    def order(self, one: dict[str, Any]) -> list[Attendee]:
        """Create an order of demo_tickets.json; returns its attendees, if it is completed."""
        used = self.code if one.get("discounted") else None
        rest = 1 - Decimal(used.value if used else 0) / 100
        prices = {name: Decimal(self.tickets[name].price or 0) * rest for name in one["lines"]}
        amount = sum(prices[name] * len(people) for name, people in one["lines"].items())
        order = self._order(one, Decimal(amount), used)
        coming = []
        for name, people in one["lines"].items():
            line = {"order_id": order.id, "ticket_id": self.tickets[name].id, "quantity": len(people)}
            self.session.execute(orders_tickets.insert().values(**line, price=prices[name]))
            coming += [self._attendee(order, self.tickets[name], person, used) for person in people]
        self.session.add_all(coming)
        self.session.flush()
        if "instead" in one:
            self.session.add(self._exchange(order, one["instead"]))
        if "refunded" in one:
            issue_invoice(self.session, order.id)
            issue_credit_notes(self.session, order.id)
            self.session.add(self._offer(order, coming[0]))
            self.session.add(self._answered(order, coming[0]))
        return coming if one["status"] == states.COMPLETED else []

    def _order(self, one: dict[str, Any], amount: Decimal, used: DiscountCode | None) -> Order:
        made_at = clock.now() - timedelta(days=one.get("days_ago", 0))
        order = Order(
            event_id=self.event.id,
            user_id=self.users[one["buyer"]].id,
            amount=amount,
            currency=self.event.payment_currency,
            status=one["status"],
            payment_mode=one["payment_mode"],
            created_at=made_at,
            discount_code_id=used.id if used else None,
            marketer_id=used.marketer_id if used else None,
        )
        if one["status"] == states.COMPLETED:
            order.completed_at, order.paid_via = made_at, one["payment_mode"]
        if one["status"] == states.INITIALIZING:
            order.expires_at = reserved_until(_HOLD_MINUTES)
        if one["status"] == "pending":
            order.expires_at = clock.now() + PENDING_FOR
        self.session.add(order)
        self.session.flush()
        if one["status"] == states.COMPLETED:
            payment = ledger.confirm(self.session, order)
            if payment is not None and "refunded" in one:
                ledger.add_refund(self.session, payment, one["refunded"], REQUESTED, note="The dinner is off")
                self.session.add(self._request(payment))
        if order.expires_at is not None:
            seconds = int((order.expires_at - clock.now()).total_seconds()) + 2
            outbox.add(self.session, expire_order.NAME, {"order_id": order.id}, delay=seconds)
        return order

    def _request(self, payment: Payment) -> RefundRequest:
        """The buyer wants half of what is left."""
        half = ledger.remainder(payment) // 2
        return RefundRequest(
            order_id=payment.order_id,
            event_id=payment.event_id,
            currency=payment.currency,
            attendee_ids=[],
            paid_minor=2 * half,
            percent=50,
            fee_minor=0,
            amount_minor=half,
            note="I can come for one day only",
        )

    def _exchange(self, order: Order, kind: str) -> TicketExchange:
        """The buyer wanted another ticket instead of one of this kind, and has not paid the difference."""
        ticket = self.tickets[kind]
        which = select(Attendee).join(Order, Order.id == Attendee.order_id)
        which = which.where(Attendee.ticket_id == ticket.id, Order.user_id == order.user_id)
        former = self.session.scalars(which.order_by(Attendee.id).limit(1)).one()
        currency = order.currency or ""
        order.credit_minor = to_minor(Decimal(ticket.price or 0), currency)
        return TicketExchange(
            created_at=order.created_at,
            currency=currency,
            credit_minor=order.credit_minor,
            is_by_buyer=True,
            attendee_id=former.id,
            order_id=former.order_id,
            new_order_id=order.id,
            event_id=order.event_id,
            asked_by_id=order.user_id,
        )

    @staticmethod
    def _offer(order: Order, attendee: Attendee) -> TicketTransfer:
        """The buyer has offered the ticket to somebody, who did not want it."""
        return TicketTransfer(
            state=DECLINED,
            email="joan.clarke@example.org",
            note="I can come for one day only",
            from_name=f"{attendee.firstname} {attendee.lastname}",
            from_email=attendee.email,
            created_at=order.created_at,
            expires_at=order.created_at + timedelta(days=7),
            answered_at=order.created_at + timedelta(days=1),
            attendee_id=attendee.id,
            order_id=order.id,
            event_id=order.event_id,
            offered_by_id=order.user_id,
            is_by_buyer=True,
        )

    @staticmethod
    def _answered(order: Order, attendee: Attendee) -> FormRequest:
        """The attendee was asked to fill in their own form, and has."""
        attendee.answered_at = order.created_at + timedelta(days=1)
        return FormRequest(
            state=ANSWERED,
            email=attendee.email,
            note="The organizers want to know your size",
            created_at=order.created_at,
            asked_at=order.created_at,
            answered_at=attendee.answered_at,
            changed_at=attendee.answered_at,
            mails=1,
            attendee_id=attendee.id,
            order_id=order.id,
            event_id=order.event_id,
            asked_by_id=order.user_id,
        )

    def _attendee(
        self, order: Order, ticket: Ticket, person: str | None, code: DiscountCode | None
    ) -> Attendee:
        first, last = person.split() if person else (None, None)
        address = f"{first}.{last}@example.org".lower() if person else None
        return Attendee(
            event_id=self.event.id,
            order_id=order.id,
            ticket_id=ticket.id,
            firstname=first,
            lastname=last,
            email=address,
            same_as_buyer=address in self.users,
            discount_code_id=code.id if code else None,
            is_discount_applied=code is not None,
            deleted_at=clock.now() if order.status in states.ENDED else None,
        )
