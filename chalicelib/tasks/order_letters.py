"""The letters about an order: to the buyer, to each guest, to the organisers, and the receipt."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final

from chalicelib.mail import Mail
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.payment.modes import PAYMENT_MODES
from chalicelib.resources.people.user.user import User
from chalicelib.settings import settings
from chalicelib.tasks.plain_text import plain_lines
from chalicelib.tasks.purchase import Admission, Purchase
from chalicelib.values.currencies import digits_of
from chalicelib.values.zones import zone

_MOMENT: Final = "%A, %d %B %Y, %H:%M"


def to_buyer(purchase: Purchase, buyer: User) -> Mail:
    """What was bought, and how it is paid or how one gets in."""
    event, placed = purchase.event, purchase.order.status == states.PLACED
    return Mail(
        to=buyer.email,
        subject=f"Your {'order' if placed else 'tickets'} for {event.name}",
        paragraphs=(
            f"Thank you for your order for {event.name}.",
            *_about(event),
            *_known_as(purchase),
            *_bought(purchase),
            *(_how_to_pay(purchase) if placed else ["The order is complete."]),
            *_tickets(purchase, purchase.admissions),
            *plain_lines(event.after_order_message),
        ),
        link=_to_the_order(purchase),
    )


def to_guest(purchase: Purchase, admissions: list[Admission]) -> Mail:
    """The tickets that somebody else has ordered for the one who has this address."""
    event, one = purchase.event, len(admissions) == 1
    what = "ticket" if one else "tickets"
    if purchase.order.status == states.PLACED:
        subject = f"Your {what} for {event.name} {'is' if one else 'are'} reserved"
        opening = f"The order with your {what} for {event.name} is placed, and complete once it is paid for."
    else:
        subject = f"Your {what} for {event.name}"
        opening = f"You have {'a ticket' if one else what} for {event.name}."
    return Mail(
        to=admissions[0].address,
        subject=subject,
        paragraphs=(
            opening,
            *_about(event),
            *_tickets(purchase, admissions),
            *plain_lines(event.after_order_message),
        ),
        link=_to_the_order(purchase),
    )


def to_organizer(purchase: Purchase, organizer: User) -> Mail:
    """Who has ordered what, and whether money is to be waited for."""
    event, buyer = purchase.event, purchase.buyer
    state = "It is placed." if purchase.order.status == states.PLACED else "It is complete."
    who = f"{buyer.full_name} ({buyer.email})" if buyer and buyer.full_name else buyer and buyer.email
    return Mail(
        to=organizer.email,
        subject=f"New order for {event.name}",
        paragraphs=(
            f"{who or 'Somebody'} has ordered tickets for {event.name}. {state}",
            *_known_as(purchase),
            *_bought(purchase),
            *([f"To be paid {_way(purchase)}."] if _is_due(purchase) and _way(purchase) else []),
        ),
        link=_to_the_order(purchase),
    )


def of_cancellation(purchase: Purchase, buyer: User) -> Mail:
    """That the order and its tickets are void, with what the organiser has to say about it."""
    order, event = purchase.order, purchase.event
    note = _lines(order.cancel_note)
    return Mail(
        to=buyer.email,
        subject=f"Your order for {event.name} is cancelled",
        paragraphs=(
            f"Your order for {event.name} is cancelled. Its tickets are no longer valid.",
            *(["What was said about it:", *note] if note else []),
            *_about(event),
            *_known_as(purchase),
            *_bought(purchase),
        ),
        link=_to_the_order(purchase),
    )


def receipt(purchase: Purchase, buyer: User) -> Mail:
    """What was paid, when, how and by whom."""
    order, event = purchase.order, purchase.event
    paid = _in_zone(order.completed_at, event) if order.completed_at else None
    how = f"Paid {_way(purchase)}" if order.amount and _way(purchase) else "Completed"
    town = " ".join(part for part in (order.zipcode, order.city) if part)
    billed = (order.company, order.address, town, order.state, order.country, order.tax_business_info)
    return Mail(
        to=buyer.email,
        subject=f"Receipt for your order for {event.name}",
        paragraphs=(
            f"This is the receipt for your order for {event.name}.",
            *_about(event),
            *_known_as(purchase),
            *_bought(purchase),
            *_taxed(purchase),
            f"{how} on {paid:%d %B %Y}." if paid else f"{how}.",
            *(["Billed to:"] if any(billed) else []),
            *(part for part in billed if part),
        ),
        link=_to_the_order(purchase),
    )


def _about(event: Event) -> Iterable[str]:
    begin, end = _in_zone(event.starts_at, event), _in_zone(event.ends_at, event)
    until = f"{end:%H:%M}" if begin.date() == end.date() else f"{end:{_MOMENT}}"
    yield f"When: {begin:{_MOMENT}} to {until} ({event.timezone})"
    if event.location_name or event.online:
        yield f"Where: {event.location_name or 'online'}"


def _known_as(purchase: Purchase) -> Iterable[str]:
    if purchase.order.reference:
        yield f"Reference: {purchase.order.reference}"
    yield f"Order: {purchase.order.identifier}"


def _bought(purchase: Purchase) -> Iterable[str]:
    total, listed = purchase.order.amount, Decimal(0)
    for line in purchase.lines:
        listed += line.price * line.quantity
        each = f"{_money(line.price, purchase)}{' each' if line.price and line.quantity > 1 else ''}"
        yield f"{line.quantity} x {line.ticket}, {each}"
    note = " (with discounts, fees and tax)" if purchase.lines and listed != total else ""
    yield f"Total: {_money(total, purchase)}{note}"


def _taxed(purchase: Purchase) -> Iterable[str]:
    tax = purchase.order.tax
    if tax and tax["amount"]:
        where = "included" if tax["included"] else "in the total"
        amount = _money(Decimal(str(tax["amount"])), purchase)
        yield f"{tax['name'] or 'Tax'} ({tax['percent']:g} %), {where}: {amount}"


def _how_to_pay(purchase: Purchase) -> Iterable[str]:
    if not _is_due(purchase):
        yield "The order is placed, and complete once the organiser says so."
        return
    due = f"Please pay {_money(purchase.order.amount, purchase)} {_way(purchase)}".rstrip()
    yield f"The order is placed. {due}: then it is complete, and you will hear from us."
    mode = PAYMENT_MODES.get(purchase.order.payment_mode or "")
    yield from _lines(getattr(purchase.event, mode.details) if mode and mode.details else None)


def _tickets(purchase: Purchase, admissions: Iterable[Admission]) -> Iterable[str]:
    # Who pays at the entrance has to be found there first; nobody else gets in before it is paid.
    mode = PAYMENT_MODES.get(purchase.order.payment_mode or "")
    opens = purchase.order.status == states.COMPLETED or (mode is not None and mode.admits_unpaid)
    for one in admissions:
        name = f"{one.ticket}{_for(one)}"
        yield f"{name}: {one.code}" if opens else name
    if opens:
        yield "Show the code of the ticket at the entrance, as it is here or as a QR code."


def _is_due(purchase: Purchase) -> bool:
    return purchase.order.status == states.PLACED and purchase.order.amount > 0


def _way(purchase: Purchase) -> str:
    mode = PAYMENT_MODES.get(purchase.order.paid_via or purchase.order.payment_mode or "")
    return (mode and mode.phrase) or ""


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _in_zone(moment: datetime, event: Event) -> datetime:
    return moment.astimezone(zone(event.timezone))


def _for(admission: Admission) -> str:
    return f" for {admission.holder}" if admission.holder else ""


def _money(amount: Decimal, purchase: Purchase) -> str:
    digits = digits_of(purchase.currency)
    return f"{amount:.{digits}f} {purchase.currency}".rstrip() if amount else "free"


def _to_the_order(purchase: Purchase) -> tuple[str, str]:
    return "See the order", f"{settings().web_url}/orders/{purchase.order.identifier}/view"
