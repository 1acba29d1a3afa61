"""Demo data of sales: pools, codes, taxes, orders, badges and the front desk.

The content is in demo_tickets.json.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.onsite.badge_field_form import BadgeFieldForm
from chalicelib.resources.onsite.badge_form import BadgeForm
from chalicelib.resources.onsite.station import Station
from chalicelib.resources.onsite.station_store_pax import StationStorePax
from chalicelib.resources.onsite.user_check_in import UserCheckIn
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.event_invoice import EventInvoice
from chalicelib.resources.orders.stripe_authorization import StripeAuthorization
from chalicelib.resources.orders.tag import Tag
from chalicelib.resources.people.user.user import User
from chalicelib.resources.programme.session.session import Session as Talk
from chalicelib.resources.tickets.access_code import AccessCode, access_codes_tickets
from chalicelib.resources.tickets.discount_code import (
    DiscountCode,
    discount_codes_events,
    discount_codes_tickets,
)
from chalicelib.resources.tickets.tax import Tax
from chalicelib.resources.tickets.ticket import Ticket
from chalicelib.resources.tickets.ticket_fee import TicketFee
from chalicelib.resources.tickets.ticket_pool import TicketPool
from chalicelib.resources.tickets.ticket_tag import TicketTag, ticket_tags_tickets
from devstack import demo_orders
from devstack.stripe_connect import PUBLISHABLE_KEY
from devstack.stripe_stand_in import DEMO_ACCOUNT

_DATA: dict[str, Any] = json.loads((Path(__file__).parent / "demo_tickets.json").read_text(encoding="utf-8"))


def create(session: Session, users: Mapping[str, User]) -> None:
    """Add it to the existing demo events."""
    session.add_all(TicketFee(**fee) for fee in _DATA["fees"])
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
        _pool(session, event, one, tickets)
        code = _codes(session, event, one, tickets, marketer)
        shop = demo_orders.Shop(session, event, tickets, users, code)
        attendees = [attendee for order in one["orders"] for attendee in shop.order(order)]
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
    if one.get("stripe"):
        event.can_pay_by_stripe = True
        linked = {"account": DEMO_ACCOUNT, "stripe_publishable_key": PUBLISHABLE_KEY}
        session.add(StripeAuthorization(**linked, event_id=event.id))
    if "paypal" in one:
        event.can_pay_by_paypal, event.paypal_email = True, one["paypal"]
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


def _pool(session: Session, event: Event, one: dict[str, Any], tickets: dict[str, Ticket]) -> None:
    if "pool" not in one:
        return
    pool = TicketPool(name=one["pool"]["name"], quantity=one["pool"]["quantity"], event_id=event.id)
    session.add(pool)
    session.flush()
    for name in one["pool"]["tickets"]:
        tickets[name].pool_id = pool.id
    session.flush()


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
