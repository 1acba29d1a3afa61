"""Issued invoices: what an order's invoice says, noted when it is issued, and what is printed of it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib.auth.roles import OWNER_ROLE
from chalicelib.jsonapi.model.plain_text import plain_lines
from chalicelib.paper_store import INVOICES
from chalicelib.papers.electronic_invoice import IssuedInvoice
from chalicelib.papers.invoice import Line, Sheet, party
from chalicelib.papers.ticket import moments
from chalicelib.resources.orders.payment.invoice import Invoice
from chalicelib.resources.orders.payment.modes import PAYMENT_MODES
from chalicelib.resources.people.user.user import User
from chalicelib.resources.tickets.tax import Tax
from chalicelib.tasks.order_summary import OrderSummary, team_of
from chalicelib.values.currencies import with_decimals
from chalicelib.values.zones import local, zone

_TEST: Final = "TEST: made while the event was in test mode. Nothing was sold, nothing is to be paid."
_REVERSE_CHARGE: Final = (
    "Reverse charge: the recipient accounts for the VAT (article 196 of Directive 2006/112/EC)."
)


def key_of(order_id: int) -> str:
    """Where the invoice of an order is stored."""
    return f"{INVOICES}{order_id}.pdf"


def content_of(session: Session, summary: OrderSummary) -> tuple[str, dict[str, Any]]:
    """(who sells, as a series of numbers is kept for them; what the invoice says, in values of JSON)."""
    event, order = summary.event, summary.order
    owner = next(iter(team_of(session, event.id, frozenset({OWNER_ROLE}))), None)
    billing = session.scalars(select(Tax).where(Tax.event_id == event.id, Tax.deleted_at.is_(None))).first()
    tax_id = "".join((billing.tax_id if billing else "").split()).upper()
    # Invoices of an event in test mode have numbers of their own.
    series = "test " if order.is_test else ""
    seller = f"{series}{owner.id if owner else f'event {event.id}'} {tax_id}".strip()
    begin, end = (local(moment, zone(event.timezone)) for moment in (event.starts_at, event.ends_at))
    mode = PAYMENT_MODES.get(order.payment_mode or "")
    return seller, {
        "is_test": order.is_test,
        "order": order.identifier,
        "reference": order.reference or "",
        "timezone": event.timezone,
        "event": " ".join(event.name.split()),
        "begin": begin.date().isoformat(),
        "when": f"{moments(begin, end)} ({event.timezone})",
        "place": event.location_name or ("online" if event.online else ""),
        "payment": (mode.phrase if mode and mode.phrase else order.payment_mode) or "",
        "seller": _seller(summary, billing, owner),
        "buyer": _buyer(summary),
        **_amounts(summary),
        "footer": plain_lines(billing.invoice_footer if billing else None),
    }


def sheet_of(invoice: Invoice) -> Sheet:
    """What is printed of an issued invoice."""
    said = invoice.content
    currency = said["currency"]
    issued = invoice.issued_at.astimezone(zone(said["timezone"]))
    return Sheet(
        title="TEST invoice" if said.get("is_test") else "Invoice",
        number=invoice.number,
        seller=party(said["seller"]),
        buyer=party(said["buyer"]),
        facts=(
            ("Date", f"{issued:%-d %B %Y}"),
            ("Order", said["order"]),
            ("Reference", said["reference"]),
            ("Event", said["event"]),
            ("Date of supply", said["when"]),
            ("Place", said["place"]),
            ("Payment", said["payment"]),
            ("Due", "upon invoice" if Decimal(said["total"]) else ""),
        ),
        lines=lines_of(said),
        sums=[*sums_of(said), (f"Total {currency}".strip(), said["total"])],
        notes=notes_of(said),
    )


def told_by(invoice: Invoice) -> IssuedInvoice:
    """What its electronic invoice says."""
    issued = invoice.issued_at.astimezone(zone(invoice.content["timezone"]))
    return IssuedInvoice(invoice.number, issued.date(), invoice.content)


def year_of(summary: OrderSummary, moment: datetime) -> int:
    """The year of an invoice, where the event is."""
    return moment.astimezone(zone(summary.event.timezone)).year


def lines_of(said: Mapping[str, Any]) -> list[Line]:
    """The items; the name of one has its tax rate where that is its own."""
    return [
        Line(
            f"{line['name']} ({line['percent']} %)" if "percent" in line else line["name"],
            str(line["quantity"]),
            line["price"],
            line["amount"],
        )
        for line in said["lines"]
    ]


def sums_of(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The lines below the items: what it costs beside them, and the tax."""
    if Decimal(said["adjustment"]):
        yield "Sum of items", said["gross"]
        yield "Discounts and fees", said["adjustment"]
    tax = said["tax"]
    if not tax:
        return
    name, rates = tax["name"] or "Tax", tax.get("rates") or [tax]
    if tax.get("reverse_charge"):
        if tax["included"]:
            at = f" {tax['percent']} %" if len(rates) == 1 else ""
            yield f"{name}{at}, not charged", f"-{tax['amount']}"
        return
    yield "Net", said["net"]
    for rate in rates:
        on = f" on {rate['net']}" if len(rates) > 1 else ""
        yield f"{name} {rate['percent']} %{on}", rate["amount"]


def notes_of(said: Mapping[str, Any]) -> list[str]:
    """The sentences below the sums."""
    notes = [_TEST] if said.get("is_test") else []
    if said["tax"] and said["tax"].get("reverse_charge"):
        notes.append(_REVERSE_CHARGE)
    return [*notes, *said["footer"]]


def _amounts(summary: OrderSummary) -> dict[str, Any]:
    """Lines as sold; what the order costs beside them (discounts, fees) is the adjustment."""
    order = summary.order
    tax = order.tax if order.tax and (order.tax["percent"] or order.tax.get("rates")) else None
    total = Decimal(order.amount)
    reverse = bool(tax and tax.get("reverse_charge"))
    taxed = Decimal(str(tax["amount"])) if tax else Decimal(0)
    # The prices of what was sold may include a tax that is not charged.
    waived = Decimal(str(tax["waived"])) if tax and reverse else Decimal(0)
    gross = sum((line.price * line.quantity for line in summary.lines), Decimal(0))
    items = total + waived if tax is None or tax["included"] else total - taxed

    def text(amount: Decimal) -> str:
        return with_decimals(amount, summary.currency)

    return {
        "currency": summary.currency,
        "lines": [
            {
                "name": line.ticket,
                "quantity": line.quantity,
                "price": text(line.price),
                "amount": text(line.price * line.quantity),
                **({"percent": percent_text(line.tax_rate)} if tax and line.tax_rate is not None else {}),
            }
            for line in summary.lines
        ],
        "gross": text(gross),
        "adjustment": text(items - gross),
        "net": text(total - taxed),
        "tax": _tax(tax, waived if reverse else taxed, text) if tax else None,
        "total": text(total),
    }


def _tax(tax: Mapping[str, Any], amount: Decimal, text: Callable[[Decimal], str]) -> dict[str, Any]:
    """The tax as charged, or as not charged with reverse charge, and each rate where there are several."""
    rates = [
        {
            "percent": percent_text(rate["percent"]),
            "net": text(Decimal(str(rate["net"]))),
            "amount": text(Decimal(str(rate["amount"]))),
        }
        for rate in tax.get("rates", ())
    ]
    return {
        "name": tax["name"] or "",
        "percent": percent_text(tax["percent"]),
        "included": bool(tax["included"]),
        "amount": text(amount),
        **({"reverse_charge": True} if tax.get("reverse_charge") else {}),
        **({"rates": rates} if rates else {}),
    }


def percent_text(rate: float | Decimal) -> str:
    """A rate in percent, as papers have it."""
    return f"{float(rate):g}"


def _seller(summary: OrderSummary, billing: Tax | None, owner: User | None) -> dict[str, str]:
    event = summary.event
    name = event.owner_name or (owner and (owner.full_name or owner.email)) or event.name
    if billing is None:
        return {"name": name, "country": event.payment_country or ""}
    return _texts(
        company=billing.registered_company,
        name=billing.contact_name or ("" if billing.registered_company else name),
        address=billing.address,
        town=_town(billing.zip, billing.city),
        zip=billing.zip,
        city=billing.city,
        state=billing.state,
        country=billing.country or event.payment_country,
        phone=billing.phone,
        email=billing.email,
        tax_id=billing.tax_id,
    )


def _buyer(summary: OrderSummary) -> dict[str, str]:
    order, buyer = summary.order, summary.buyer
    return _texts(
        company=order.company,
        name=buyer.full_name if buyer else "",
        address=order.address,
        town=_town(order.zipcode, order.city),
        zip=order.zipcode,
        city=order.city,
        state=order.state,
        country=order.country,
        email=buyer.email if buyer else "",
        tax_id=order.tax_id or order.tax_business_info,
    )


def _texts(**values: str | None) -> dict[str, str]:
    return {name: " ".join(value.split()) for name, value in values.items() if value and value.strip()}


def _town(code: str | None, city: str | None) -> str:
    return " ".join(part for part in (code, city) if part)
