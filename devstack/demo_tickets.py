"""What the demo's events sell and to whom: codes, taxes, orders, attendees, badges and the front desk.

The content is in demo_tickets.json.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.resources.events.event import Event
from chalicelib.resources.onsite.badge_field_form import BadgeFieldForm
from chalicelib.resources.onsite.badge_form import BadgeForm
from chalicelib.resources.onsite.station import Station
from chalicelib.resources.onsite.station_store_pax import StationStorePax
from chalicelib.resources.onsite.user_check_in import UserCheckIn
from chalicelib.resources.orders.attendee import Attendee
from chalicelib.resources.orders.event_invoice import EventInvoice
from chalicelib.resources.orders.order import Order, orders_tickets
from chalicelib.resources.orders.stripe_authorization import StripeAuthorization
from chalicelib.resources.orders.tag import Tag
from chalicelib.resources.people.user import User
from chalicelib.resources.programme.session import Session as Talk
from chalicelib.resources.tickets.access_code import AccessCode, access_codes_tickets
from chalicelib.resources.tickets.discount_code import (
    DiscountCode,
    discount_codes_events,
    discount_codes_tickets,
)
from chalicelib.resources.tickets.tax import Tax
from chalicelib.resources.tickets.ticket import Ticket
from chalicelib.resources.tickets.ticket_fee import TicketFee
from chalicelib.resources.tickets.ticket_tag import TicketTag, ticket_tags_tickets

_DATA: dict[str, Any] = json.loads((Path(__file__).parent / "demo_tickets.json").read_text(encoding="utf-8"))


def create(session: Session, users: Mapping[str, User]) -> None:
    """Add it to the events that are there already."""
    session.add_all(TicketFee(**one) for one in _DATA["fees"])
    platform = DiscountCode(**_DATA["platform_code"], used_for="event")
    session.add(platform)
    for event in session.scalars(select(Event)).all():
        one = _DATA["events"].get(event.name)
        if one is None:
            continue
        tickets = {
            ticket.name: ticket
            for ticket in session.scalars(select(Ticket).where(Ticket.event_id == event.id))
        }
        marketer = users["mara.lindqvist@example.org"]
        _tax(session, event, one)
        code = _codes(session, event, one, tickets, marketer)
        attendees = [
            attendee
            for order in one["orders"]
            for attendee in _order(session, event, order, tickets, users, code)
        ]
        _label(session, event, one, tickets, attendees)
        _front_desk(session, event, one, tickets, attendees)
        if "invoice" in one:
            session.execute(
                discount_codes_events.insert().values(discount_code_id=platform.id, event_id=event.id)
            )
            session.add(EventInvoice(**one["invoice"], event_id=event.id, user_id=marketer.id))
    session.flush()


def _tax(session: Session, event: Event, one: dict[str, Any]) -> None:
    if "tax" in one:
        event.is_tax_enabled = True
        session.add(Tax(**one["tax"], event_id=event.id))
    if "stripe_auth_code" in one:
        event.can_pay_by_stripe = True
        session.add(StripeAuthorization(stripe_auth_code=one["stripe_auth_code"], event_id=event.id))
    session.flush()


def _codes(
    session: Session, event: Event, one: dict[str, Any], tickets: dict[str, Ticket], marketer: User
) -> DiscountCode | None:
    common = {"event_id": event.id, "marketer_id": marketer.id}
    now = clock.now().replace(microsecond=0)
    if "access_code" in one:
        hidden = tickets[one["hidden_ticket"]]
        hidden.is_hidden = True
        access = AccessCode(**one["access_code"], **common, is_active=True, valid_from=now)
        session.add(access)
        session.flush()
        link = {"access_code_id": access.id, "ticket_id": hidden.id}
        session.execute(access_codes_tickets.insert().values(**link))
    if "discount_code" not in one:
        return None
    values = {name: value for name, value in one["discount_code"].items() if name != "tickets"}
    code = DiscountCode(**values, **common, used_for="ticket", valid_from=now)
    session.add(code)
    session.flush()
    for name in one["discount_code"]["tickets"]:
        link = {"discount_code_id": code.id, "ticket_id": tickets[name].id}
        session.execute(discount_codes_tickets.insert().values(**link))
    return code


def _order(
    session: Session,
    event: Event,
    one: dict[str, Any],
    tickets: dict[str, Ticket],
    users: Mapping[str, User],
    code: DiscountCode | None,
) -> list[Attendee]:
    buyer = users[one["buyer"]]
    used = code if one.get("discounted") else None
    rest = 1 - Decimal(used.value if used else 0) / 100
    prices = {name: Decimal(tickets[name].price or 0) * rest for name in one["lines"]}
    order = Order(
        event_id=event.id,
        user_id=buyer.id,
        amount=sum(prices[name] * len(people) for name, people in one["lines"].items()),
        status=one["status"],
        payment_mode=one["payment_mode"],
        discount_code_id=used.id if used else None,
        marketer_id=used.marketer_id if used else None,
    )
    if one["status"] == "completed":
        order.completed_at, order.paid_via = clock.now(), one["payment_mode"]
    session.add(order)
    session.flush()
    coming = []
    for name, people in one["lines"].items():
        line = {"order_id": order.id, "ticket_id": tickets[name].id, "quantity": len(people)}
        session.execute(orders_tickets.insert().values(**line, price=prices[name]))
        coming += [_attendee(event, order, tickets[name], person, users, used) for person in people]
    session.add_all(coming)
    session.flush()
    return coming if one["status"] == "completed" else []


def _attendee(
    event: Event,
    order: Order,
    ticket: Ticket,
    person: str,
    users: Mapping[str, User],
    code: DiscountCode | None,
) -> Attendee:
    first, last = person.split()
    address = f"{first}.{last}@example.org".lower()
    return Attendee(
        event_id=event.id,
        order_id=order.id,
        ticket_id=ticket.id,
        firstname=first,
        lastname=last,
        email=address,
        same_as_buyer=address in users,
        is_discount_applied=code is not None,
        deleted_at=clock.now() if order.status == "cancelled" else None,
    )


def _label(
    session: Session,
    event: Event,
    one: dict[str, Any],
    tickets: dict[str, Ticket],
    attendees: list[Attendee],
) -> None:
    for name, tagged in one.get("ticket_tags", {}).items():
        tag = TicketTag(name=name, event_id=event.id)
        session.add(tag)
        session.flush()
        links = [{"ticket_tag_id": tag.id, "ticket_id": tickets[each].id} for each in tagged]
        session.execute(ticket_tags_tickets.insert(), links)
    tags = [Tag(name=name, color=color, event_id=event.id) for name, color in one.get("tags", {}).items()]
    session.add_all(tags)
    session.flush()
    if tags:
        attendees[0].tag_id = tags[0].id


def _front_desk(
    session: Session,
    event: Event,
    one: dict[str, Any],
    tickets: dict[str, Ticket],
    attendees: list[Attendee],
) -> None:
    if "badge" not in one:
        return
    form = BadgeForm(**one["badge"], event_id=event.id)
    talk = session.scalars(select(Talk).where(Talk.event_id == event.id).order_by(Talk.id)).first()
    desk = Station(station_name="Front desk", station_type="registration", event_id=event.id)
    session.add_all([form, desk])
    session.flush()
    for each in one["badge_fields"]:
        session.add(BadgeFieldForm(**each, badge_id=form.badge_id, badge_form_id=form.id))
        session.flush()
    for ticket in tickets.values():
        ticket.badge_id = form.badge_id
    if talk is None:
        return
    door = Station(
        station_name="Main door",
        station_type="check in",
        event_id=event.id,
        microlocation_id=talk.microlocation_id,
    )
    session.add(door)
    session.flush()
    session.add(StationStorePax(station_id=door.id, session_id=talk.id, current_pax=84))
    session.add(UserCheckIn(station_id=desk.id, ticket_holder_id=attendees[0].id))
    attendees[0].is_registered = True
    attendees[0].register_times = clock.now().isoformat(timespec="seconds")
