"""The exported list of an event's orders."""

from typing import Final

from chalicelib.exports.columns import Column, Kind, attribute, column, money, yes_or_no
from chalicelib.exports.export import Export, event_of, of_event
from chalicelib.resources.orders.order.states import ENDED, EXPIRED, INITIALIZING, listed
from chalicelib.values.money import SMALLEST_UNIT

# What is never asked for by accident: who has just begun, or has given up.
UNFINISHED: Final = listed((INITIALIZING, EXPIRED))
_QUANTITY: Final = (
    f"CASE WHEN t.status IN {listed(ENDED)} "  # noqa: S608 - no user input
    "THEN (SELECT coalesce(sum(line.quantity), 0) FROM orders_tickets line WHERE line.order_id = t.id) "
    "ELSE (SELECT count(*) FROM attendees person WHERE person.order_id = t.id "
    "AND person.deleted_at IS NULL) END"
)


def number_of(alias: str) -> str:
    """SQL of the number that lists show of an order: O{seconds since 1970}-{id}."""
    return f"'O' || floor(extract(epoch FROM {alias}.created_at))::bigint || '-' || {alias}.id"


def billing(alias: str) -> tuple[Column, ...]:
    """Whom an order is billed to, from its tax id on."""
    value = f"coalesce({alias}.tax_id, {alias}.tax_business_info)"
    seen = [("order", alias, name) for name in ("tax_id", "tax_business_info")]
    names = ("address", "company", "country", "state", "city", "zipcode")
    return (
        column("tax-id", "Tax ID", value, Kind.TEXT, *seen),
        *(attribute("order", name.capitalize(), name, alias=alias) for name in names),
    )


def _paid(what: str) -> str:
    unit = f"CASE paid.currency {SMALLEST_UNIT}"
    summed = f"(SELECT sum(paid.{what} * {unit}) FROM payments paid WHERE paid.order_id = t.id "  # noqa: S608
    return f"coalesce({summed}AND paid.state = 'succeeded'), 0)"


ORDERS: Final = Export(
    "orders",
    "order",
    event_of,
    of_event(),
    columns=(
        column("order-number", "Order#", number_of("t")),
        column("order-date", "Order Date", "t.created_at", Kind.MOMENT),
        attribute("order", "Status", "status"),
        column("payment-type", "Payment Type", "t.paid_via", Kind.TEXT, ("order", "t", "paid_via")),
        attribute("order", "Payment Mode", "payment_mode"),
        column("total-amount", "Total Amount", money("t.amount", "t.currency"), Kind.MONEY),
        column("quantity", "Quantity", _QUANTITY, Kind.NUMBER),
        column("discount-code", "Discount Code", "discount.code"),
        column("access-code", "Access Code", "access.code"),
        column("first-name", "First Name", "CASE WHEN buyer.id IS NULL THEN t.guest_name "
               "ELSE buyer.first_name END", Kind.TEXT, ("order", "t", "guest_name")),
        column("last-name", "Last Name", "buyer.last_name"),
        column("email", "Email", "CASE WHEN buyer.id IS NULL THEN t.guest_email ELSE buyer.email END",
               Kind.TEXT, ("order", "t", "guest_email"), ("user", "buyer", "email")),
        *billing("t"),
        column("currency", "Currency", "t.currency"),
        column("amount-paid", "Amount Paid", money(_paid("amount_minor"), "t.currency"), Kind.MONEY),
        column("amount-refunded", "Amount Refunded", money(_paid("refunded_minor"), "t.currency"),
               Kind.MONEY),
        column("completed-date", "Completed Date", "t.completed_at", Kind.MOMENT),
        column("reference", "Reference", "t.reference"),
        column("identifier", "Identifier", "t.identifier", default=False),
        attribute("order", "Transaction ID", "transaction_id", default=False),
        attribute("order", "Notes", "order_notes", Kind.MARKUP, default=False),
        column("test", "Test", yes_or_no("t.is_test"), default=False),
    ),
    listed=(
        "order-number", "first-name", "last-name", "email", "status", "quantity", "total-amount",
        "payment-mode", "discount-code", "order-date", "completed-date",
    ),
    order="t.created_at DESC",
    joins=(
        "LEFT JOIN users buyer ON buyer.id = t.user_id "
        "LEFT JOIN discount_codes discount ON discount.id = t.discount_code_id "
        "LEFT JOIN access_codes access ON access.id = t.access_code_id"
    ),
    known="event",
    hidden=f"t.status NOT IN {UNFINISHED}",
    hidden_by=("status",),
)  # fmt: skip
