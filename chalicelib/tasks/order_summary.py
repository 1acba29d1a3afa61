"""The data of emails and notifications about an order: event, buyer, tickets and attendees."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.resources.access.role.role import Role
from chalicelib.resources.access.users_events_roles import UsersEventsRoles
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.form_request import ASKED, FormRequest
from chalicelib.resources.orders.order.table import Order, orders_tickets
from chalicelib.resources.people.user.user import User
from chalicelib.resources.tickets.ticket import Ticket
from chalicelib.tasks.registry import RetryLater


@dataclass(frozen=True, slots=True)
class Line:
    """An order line: ticket, quantity, price of each, and its own tax rate in percent, if it has one."""

    ticket: str
    quantity: int
    price: Decimal
    tax_rate: Decimal | None = None
    ticket_id: int | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """One person's ticket. `address` is as entered, or ""; `code` is the text of the QR code; `language`
    is the native one that they have named; `is_passed_on` says that the buyer has named another one,
    and `is_asked` that they have not filled in their own form yet.
    """

    attendee_id: int
    ticket: str
    holder: str
    address: str
    code: str
    language: str | None = None
    is_passed_on: bool = False
    is_asked: bool = False


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who has bought: an account, or somebody without one, whose `user_id` is None."""

    email: str
    full_name: str
    user_id: int | None


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """An order with its lines and attendees, as sold. `buyer` is None once the account is deleted."""

    order: Order
    event: Event
    buyer: Buyer | None
    lines: tuple[Line, ...]
    admissions: tuple[Admission, ...]

    @property
    def event_name(self) -> str:
        """The event's name, as mails and notifications tell it: those of test mode say so."""
        return f"TEST: {self.event.name}" if self.order.is_test else self.event.name

    @property
    def currency(self) -> str:
        """The order's currency; "" where the event had none."""
        return self.order.currency or self.event.payment_currency or ""

    def of_buyer(self) -> list[Admission]:
        """The tickets that the buyer is told of: all but those that were passed on to others."""
        address = self.buyer.email.strip().lower() if self.buyer is not None else ""
        return [
            admission
            for admission in self.admissions
            if not admission.is_passed_on or admission.address.lower() == address
        ]

    def address_beside_buyer(self, address: str | None) -> str:
        """The address of an attendee, unless it is the buyer's or there is none: then ""."""
        stripped = (address or "").strip()
        is_buyers = self.buyer is not None and stripped.lower() == self.buyer.email.strip().lower()
        return "" if is_buyers else stripped

    def of_guests(self) -> list[list[Admission]]:
        """The tickets of attendees whose address is not the buyer's, grouped by address; those without one
        are left out, and those who get theirs once they have filled in their form.
        """
        by_address: dict[str, list[Admission]] = {}
        for admission in self.admissions:
            if not admission.is_asked:
                by_address.setdefault(admission.address.lower(), []).append(admission)
        by_address.pop("", None)
        if self.buyer is not None:
            by_address.pop(self.buyer.email.strip().lower(), None)
        return list(by_address.values())


def load_order_summary(session: Session, order_id: int) -> OrderSummary:
    """Load the order, without soft-deleted attendees. Raises RetryLater when there is no order."""
    living = and_(User.id == Order.user_id, User.deleted_at.is_(None))
    rows = session.execute(
        select(Order, Event, User)
        .join(Event, Event.id == Order.event_id)
        .outerjoin(User, living)
        .where(Order.id == order_id)
    ).one_or_none()
    if rows is None:
        raise RetryLater(f"there is no order {order_id}")
    order, event, account = rows
    return OrderSummary(
        order, event, _buyer(order, account), _lines(session, order), _admissions(session, order)
    )


def _buyer(order: Order, account: User | None) -> Buyer | None:
    if account is not None:
        return Buyer(account.email, account.full_name or "", account.id)
    return Buyer(order.guest_email, order.guest_name or "", None) if order.guest_email else None


def team_of(session: Session, event_id: int, roles: frozenset[str] = COORGANIZERS) -> list[User]:
    """Holders of these roles at an event whose accounts are active; default: owner, organizers and
    coorganizers.
    """
    on_duty = (
        select(UsersEventsRoles.user_id)
        .join(Role, Role.id == UsersEventsRoles.role_id)
        .where(UsersEventsRoles.event_id == event_id, Role.name.in_(roles))
    )
    may_act = and_(User.deleted_at.is_(None), User.is_blocked.is_(False))
    return list(session.scalars(select(User).where(User.id.in_(on_duty), may_act).order_by(User.id)))


def profiles_at(session: Session, event_id: int) -> dict[int, int | None]:
    """The profile under which each member of an event's team holds their role, by user id."""
    roles = UsersEventsRoles
    select_roles = (
        select(roles.user_id, roles.profile_id).where(roles.event_id == event_id).order_by(roles.id.desc())
    )
    return {row.user_id: row.profile_id for row in session.execute(select_roles)}


def _lines(session: Session, order: Order) -> tuple[Line, ...]:
    columns = orders_tickets.c
    rows = session.execute(
        select(
            func.coalesce(columns.name, Ticket.name),
            columns.quantity,
            columns.price,
            columns.tax_rate,
            Ticket.id,
        )
        .join(orders_tickets, columns.ticket_id == Ticket.id)
        .where(columns.order_id == order.id)
        .order_by(Ticket.position, Ticket.id)
    )
    return tuple(Line(*row) for row in rows)


def _admissions(session: Session, order: Order) -> tuple[Admission, ...]:
    rows = session.execute(
        select(
            Attendee.id,
            func.coalesce(orders_tickets.c.name, Ticket.name),
            Attendee.firstname,
            Attendee.lastname,
            Attendee.email,
            Attendee.identifier,
            Attendee.native_language,
            Attendee.transferred_at.is_not(None),
            exists().where(FormRequest.attendee_id == Attendee.id, FormRequest.state == ASKED),
        )
        .join(Ticket, Ticket.id == Attendee.ticket_id)
        .outerjoin(
            orders_tickets,
            and_(orders_tickets.c.order_id == order.id, orders_tickets.c.ticket_id == Ticket.id),
        )
        .where(Attendee.order_id == order.id, Attendee.deleted_at.is_(None))
        .order_by(Attendee.id)
    )
    return tuple(
        Admission(
            attendee_id=id,
            ticket=ticket,
            holder=" ".join(name for name in (first, last) if name),
            address=(email or "").strip(),
            code=f"{order.identifier}-{identifier}",
            language=language,
            is_passed_on=is_passed_on,
            is_asked=is_asked,
        )
        for id, ticket, first, last, email, identifier, language, is_passed_on, is_asked in rows
    )
