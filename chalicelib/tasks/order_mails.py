"""The mails about an order: to the buyer, to each guest, to the organizers, and the receipt.

Here is what they tell; their words are in files that a writer can edit (mail_template.py).
"""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.jsonapi.model.plain_text import plain_lines
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.order import links, states
from chalicelib.resources.orders.payment.modes import PAYMENT_MODES, PaymentMode, admits_before_payment
from chalicelib.resources.people.user.user import User
from chalicelib.settings import settings
from chalicelib.tasks.mail_template import Draft, MailTemplate
from chalicelib.tasks.order_summary import Admission, Buyer, OrderSummary
from chalicelib.tasks.order_templates import (
    Bought,
    OfCancellation,
    OfLink,
    Receipt,
    Taxed,
    Ticket,
    TimeAndPlace,
    ToBuyer,
    ToGuest,
    ToOrganizer,
)
from chalicelib.values.localized import Amount
from chalicelib.values.zones import local, zone


def to_buyer(summary: OrderSummary, buyer: Buyer, address: str) -> Draft:
    """To whoever has placed or completed the order; `address` is where they see it, as below."""
    mode = _mode(summary)
    details = getattr(summary.event, mode.details) if mode and mode.details else None
    mail = ToBuyer(
        **about_order(summary),
        at=time_and_place(summary.event),
        **_payment(summary),
        payment_details=_lines(details),
        **_tickets(summary, summary.of_buyer()),
    )
    return _to_buyer(summary, buyer, mail, address)


def to_guest(summary: OrderSummary, admissions: list[Admission]) -> Draft:
    """To the address that these tickets have, which is not the buyer's."""
    mail = ToGuest(
        event=summary.event_name,
        at=time_and_place(summary.event),
        is_placed=summary.order.status == states.PLACED,
        **_tickets(summary, admissions),
    )
    kept = (*(admission.language for admission in admissions), summary.order.mail_language)
    return mail.mail(admissions[0].address, address(summary), kept=kept)


def to_organizer(summary: OrderSummary, organizer: User) -> Draft:
    """To one of the event's team."""
    buyer = summary.buyer
    who = f"{buyer.full_name} ({buyer.email})" if buyer and buyer.full_name else buyer and buyer.email
    mail = ToOrganizer(
        **about_order(summary),
        who=who or "",
        **_payment(summary),
    )
    return mail.mail(organizer.email, address(summary))


def of_cancellation(summary: OrderSummary, buyer: Buyer, address: str) -> Draft:
    """To the buyer of an order that was cancelled."""
    mail = OfCancellation(
        **about_order(summary),
        at=time_and_place(summary.event),
        note=_lines(summary.order.cancel_note),
    )
    return _to_buyer(summary, buyer, mail, address)


def of_link(summary: OrderSummary, buyer: Buyer, address: str) -> Draft:
    """To who has ordered without an account, or is invited: the link that opens the order.

    Nothing in it was typed by whoever ordered, as anybody may have typed this address.
    """
    order = summary.order
    mail = OfLink(
        event=summary.event_name,
        reference=order.reference or "",
        identifier=order.identifier,
        at=time_and_place(summary.event),
        held_until=_in_zone(order.expires_at, summary.event) if order.expires_at else None,
        is_invitation=order.is_invitation,
    )
    return _to_buyer(summary, buyer, mail, address)


def receipt(summary: OrderSummary, buyer: Buyer, address: str) -> Draft:
    """To the buyer of an order that is completed."""
    order = summary.order
    town = " ".join(part for part in (order.zipcode, order.city) if part)
    billed = (order.company, order.address, town, order.state, order.country, order.tax_business_info)
    mail = Receipt(
        **about_order(summary),
        at=time_and_place(summary.event),
        way=_way(summary),
        taxes=_taxes(summary),
        is_reverse_charge=bool(order.tax and order.tax.get("reverse_charge")),
        paid_at=_in_zone(order.completed_at, summary.event) if order.completed_at else None,
        billed_to=[part for part in billed if part],
    )
    return _to_buyer(summary, buyer, mail, address)


def time_and_place(event: Event) -> TimeAndPlace:
    """When and where an event is, as mails say it."""
    return TimeAndPlace(
        begin=_in_zone(event.starts_at, event),
        end=_in_zone(event.ends_at, event),
        timezone=event.timezone,
        location=event.location_name or "",
        is_online=bool(event.online),
    )


def about_order(summary: OrderSummary) -> dict[str, Any]:
    """The variables of AboutOrder."""
    order, lines = summary.order, summary.lines
    listed = sum((line.price * line.quantity for line in lines), Decimal(0))
    return {
        "event": summary.event_name,
        "reference": order.reference or "",
        "identifier": order.identifier,
        "lines": [
            Bought(quantity=line.quantity, ticket=line.ticket, price=_money(line.price, summary))
            for line in lines
        ],
        "total": _money(order.amount, summary),
        "is_adjusted": bool(lines) and listed != order.amount,
    }


def _tickets(summary: OrderSummary, admissions: list[Admission]) -> dict[str, Any]:
    # Who pays at the entrance has to be found there first; nobody else gets in before it is paid.
    opens = summary.order.status == states.COMPLETED or admits_before_payment(summary.order.payment_mode)
    tickets = [
        Ticket(name=admission.ticket, holder=admission.holder, code=admission.code)
        for admission in admissions
    ]
    after_order = plain_lines(summary.event.after_order_message)
    return {"tickets": tickets, "opens": opens, "after_order": after_order}


def _taxes(summary: OrderSummary) -> list[Taxed]:
    """The tax that was charged, or that of each rate where there are several."""
    tax = summary.order.tax
    if not tax or not tax["amount"]:
        return []
    return [
        Taxed(
            name=tax["name"] or "",
            percent=Decimal(f"{rate['percent']:g}"),
            included=bool(tax["included"]),
            amount=_money(Decimal(str(rate["amount"])), summary),
        )
        for rate in tax.get("rates") or [tax]
        if rate["amount"]
    ]


def _payment(summary: OrderSummary) -> dict[str, Any]:
    placed = summary.order.status == states.PLACED
    return {"is_placed": placed, "is_due": placed and summary.order.amount > 0, "way": _way(summary)}


def _mode(summary: OrderSummary) -> PaymentMode | None:
    return PAYMENT_MODES.get(summary.order.payment_mode or "")


def _way(summary: OrderSummary) -> str:
    mode = PAYMENT_MODES.get(summary.order.paid_via or summary.order.payment_mode or "")
    return (mode and mode.phrase) or ""


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _in_zone(moment: datetime, event: Event) -> datetime:
    return local(moment, zone(event.timezone))


def _money(amount: Decimal, summary: OrderSummary) -> Amount:
    return Amount(amount, summary.currency)


def to_the_buyer(session: Session, summary: OrderSummary, buyer: Buyer, mail: MailTemplate) -> Draft:
    """A mail to the buyer, whose button shows the order: without an account, by a new link."""
    return _to_buyer(summary, buyer, mail, address_for_buyer(session, summary))


def _to_buyer(summary: OrderSummary, buyer: Buyer, mail: MailTemplate, address: str) -> Draft:
    order = summary.order
    # Of an invitation it is that of whoever invites, until its reader has opened the link.
    is_guess = order.is_invitation and order.guest_verified_at is None
    kept, guess = (None, order.mail_language) if is_guess else (order.mail_language, None)
    draft = mail.mail(buyer.email, address, kept=(kept,), guess=guess)
    return replace(draft, holds_secret=buyer.user_id is None)


def address_for_buyer(session: Session, summary: OrderSummary) -> str:
    """Where the web front end shows the order to its buyer: without an account, by a new link."""
    if summary.buyer is not None and summary.buyer.user_id is None:
        return links.issue(session, summary.order, summary.event.ends_at)
    return address(summary)


def address(summary: OrderSummary) -> str:
    """Where the web front end shows the order to who has an account."""
    return f"{settings().web_url}/orders/{summary.order.identifier}/view"
