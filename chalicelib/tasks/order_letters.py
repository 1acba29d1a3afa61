"""The mails about an order: to the buyer, to each guest, to the organizers, and the receipt.

Here is what they tell; their words are in files that a writer can edit (mail_template.py).
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.mail import Mail
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.payment.modes import PAYMENT_MODES, PaymentMode
from chalicelib.resources.people.user.user import User
from chalicelib.settings import settings
from chalicelib.tasks.order_templates import (
    Bought,
    OfCancellation,
    Receipt,
    Taxed,
    Ticket,
    TimeAndPlace,
    ToBuyer,
    ToGuest,
    ToOrganizer,
)
from chalicelib.tasks.plain_text import plain_lines
from chalicelib.tasks.purchase import Admission, Purchase
from chalicelib.values.currencies import digits_of
from chalicelib.values.zones import zone


def to_buyer(purchase: Purchase, buyer: User) -> Mail:
    """To whoever has placed or completed the order."""
    mode = _mode(purchase)
    details = getattr(purchase.event, mode.details) if mode and mode.details else None
    mail = ToBuyer(
        **_about_order(purchase),
        at=time_and_place(purchase.event),
        **_payment(purchase),
        payment_details=_lines(details),
        **_tickets(purchase, list(purchase.admissions)),
    )
    return mail.mail(buyer.email, _address(purchase))


def to_guest(purchase: Purchase, admissions: list[Admission]) -> Mail:
    """To the address that these tickets have, which is not the buyer's."""
    mail = ToGuest(
        event=purchase.event.name,
        at=time_and_place(purchase.event),
        is_placed=purchase.order.status == states.PLACED,
        **_tickets(purchase, admissions),
    )
    return mail.mail(admissions[0].address, _address(purchase))


def to_organizer(purchase: Purchase, organizer: User) -> Mail:
    """To one of the event's team."""
    buyer = purchase.buyer
    who = f"{buyer.full_name} ({buyer.email})" if buyer and buyer.full_name else buyer and buyer.email
    mail = ToOrganizer(
        **_about_order(purchase),
        who=who or "",
        **_payment(purchase),
    )
    return mail.mail(organizer.email, _address(purchase))


def of_cancellation(purchase: Purchase, buyer: User) -> Mail:
    """To the buyer of an order that was cancelled."""
    mail = OfCancellation(
        **_about_order(purchase),
        at=time_and_place(purchase.event),
        note=_lines(purchase.order.cancel_note),
    )
    return mail.mail(buyer.email, _address(purchase))


def receipt(purchase: Purchase, buyer: User) -> Mail:
    """To the buyer of an order that is completed."""
    order = purchase.order
    town = " ".join(part for part in (order.zipcode, order.city) if part)
    billed = (order.company, order.address, town, order.state, order.country, order.tax_business_info)
    mail = Receipt(
        **_about_order(purchase),
        at=time_and_place(purchase.event),
        way=_way(purchase),
        tax=_tax(purchase),
        paid_at=_in_zone(order.completed_at, purchase.event) if order.completed_at else None,
        billed_to=[part for part in billed if part],
    )
    return mail.mail(buyer.email, _address(purchase))


def time_and_place(event: Event) -> TimeAndPlace:
    """When and where an event is, as mails say it."""
    return TimeAndPlace(
        begin=_in_zone(event.starts_at, event),
        end=_in_zone(event.ends_at, event),
        timezone=event.timezone,
        location=event.location_name or "",
        is_online=bool(event.online),
    )


def _about_order(purchase: Purchase) -> dict[str, Any]:
    order, lines = purchase.order, purchase.lines
    listed = sum((line.price * line.quantity for line in lines), Decimal(0))
    return {
        "event": purchase.event.name,
        "reference": order.reference or "",
        "identifier": order.identifier,
        "lines": [
            Bought(quantity=one.quantity, ticket=one.ticket, price=_money(one.price, purchase))
            for one in lines
        ],
        "total": _money(order.amount, purchase),
        "is_adjusted": bool(lines) and listed != order.amount,
    }


def _tickets(purchase: Purchase, admissions: list[Admission]) -> dict[str, Any]:
    # Who pays at the entrance has to be found there first; nobody else gets in before it is paid.
    mode = _mode(purchase)
    opens = purchase.order.status == states.COMPLETED or (mode is not None and mode.admits_unpaid)
    tickets = [Ticket(name=one.ticket, holder=one.holder, code=one.code) for one in admissions]
    after_order = plain_lines(purchase.event.after_order_message)
    return {"tickets": tickets, "opens": opens, "after_order": after_order}


def _tax(purchase: Purchase) -> Taxed | None:
    tax = purchase.order.tax
    if not tax or not tax["amount"]:
        return None
    amount = _money(Decimal(str(tax["amount"])), purchase)
    percent = f"{tax['percent']:g}"
    return Taxed(name=tax["name"] or "", percent=percent, included=bool(tax["included"]), amount=amount)


def _payment(purchase: Purchase) -> dict[str, Any]:
    placed = purchase.order.status == states.PLACED
    return {"is_placed": placed, "is_due": placed and purchase.order.amount > 0, "way": _way(purchase)}


def _mode(purchase: Purchase) -> PaymentMode | None:
    return PAYMENT_MODES.get(purchase.order.payment_mode or "")


def _way(purchase: Purchase) -> str:
    mode = PAYMENT_MODES.get(purchase.order.paid_via or purchase.order.payment_mode or "")
    return (mode and mode.phrase) or ""


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _in_zone(moment: datetime, event: Event) -> datetime:
    return moment.astimezone(zone(event.timezone))


def _money(amount: Decimal, purchase: Purchase) -> str:
    digits = digits_of(purchase.currency)
    return f"{amount:.{digits}f} {purchase.currency}".rstrip() if amount else ""


def _address(purchase: Purchase) -> str:
    return f"{settings().web_url}/orders/{purchase.order.identifier}/view"
