"""Tickets of a basket as currently for sale, with their event and codes.

Loaded by one statement. What is not visible to the buyer counts as missing.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from chalicelib import db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.ground.errors import Problem, invalid, not_found
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights import viewer_parameters
from chalicelib.limits import lookups
from chalicelib.limits.limit import Subject
from chalicelib.resources.orders.basket.amounts import Fee, Tax
from chalicelib.resources.orders.basket.basket_request import BasketRequest, RequestedCode
from chalicelib.resources.orders.basket.codes import Code
from chalicelib.resources.orders.basket.statement import statement


@dataclass(frozen=True, slots=True)
class Offer:
    """A ticket as currently for sale. `left` and `pool_left` are None for no limit.

    `has_discount` and `has_access`: whether the codes in the basket apply to it. `tax_rate` is its
    own one, if any.
    """

    id: int
    name: str
    type: str
    price: Decimal | None
    min_price: Decimal
    max_price: Decimal | None
    min_order: int | None
    max_order: int | None
    sales_starts_at: datetime
    sales_ends_at: datetime
    is_hidden: bool
    is_fee_absorbed: bool
    left: int | None
    pool_id: int | None
    pool_left: int | None
    has_discount: bool
    has_access: bool
    tax_rate: Decimal | None


@dataclass(frozen=True, slots=True)
class Sale:
    """The event of the tickets. `order_id` is the id reserved for the order; reservation times are in
    minutes.

    Prices are in its `currency`. `sells_to_guests`: also to who has no account.
    """

    event_id: int
    is_over: bool
    hold_minutes: int
    has_overdue: bool
    order_id: int
    currency: str | None
    sells_to_guests: bool
    tax: Tax | None
    fee: Fee | None

    def demand_account(self, *, is_guest: bool, pointer: str, is_offered: bool = False) -> None:
        """Raise Problem 403 (code guest-checkout-off) where the event sells to accounts alone. Whoever has an
        offer of the waiting list is told how to use it.
        """
        if is_guest and not self.sells_to_guests:
            todo = "sign in to order"
            if is_offered:
                todo = "sign up, or in, with the address that waits, and order with the same offer"
            detail = f"This event sells to accounts alone: {todo}."
            raise Problem(403, detail, pointer=pointer, code="guest-checkout-off")


@dataclass(frozen=True, slots=True)
class Offers:
    """Everything loaded for a basket. Codes are valid ones; `is_team` says that the viewer is in the event's
    team.
    """

    of: dict[int, Offer]
    sale: Sale
    discount: Code | None
    access: Code | None
    is_team: bool


# Offsets of column groups in the statement.
_SALE: Final = len(fields(Offer))
_TAX: Final = _SALE + len(fields(Sale)) - 2
_FEE: Final = _TAX + len(fields(Tax))
_CODES: Final = _FEE + len(fields(Fee))


def offers_for(context: Context, requested: BasketRequest, now: datetime) -> Offers:
    """Load what is wanted. Raises Problem 404, and 422 for tickets of two events or an invalid code."""
    discount, access = requested.discount_code, requested.access_code
    viewer = context.viewer
    proofs = frozenset(viewer.proofs) if requested.buyer is not None else None
    finds = statement(context.registry, viewer.kind, proofs)
    values = [
        *([ticket.id for ticket in requested.tickets], now, discount.text, access.text),
        *_named_by_id(context, "discount-code", discount),
        *_named_by_id(context, "access-code", access),
        *(viewer.id, viewer.is_staff, viewer.events_with_role(COORGANIZERS)),
    ]
    given: dict[object, object] = dict(enumerate(values))
    rows = db.fetch(context.session, finds.text, viewer_parameters.values(finds, context.viewer, given))
    sales = {row[0]: _sale(row) for row in rows}
    for ticket in requested.tickets:
        if ticket.id not in sales:
            raise not_found("There is no such ticket.", ticket.pointer("id"))
    sale = sales[requested.tickets[0].id]
    for ticket in requested.tickets:
        if sales[ticket.id].event_id != sale.event_id:
            raise invalid("The tickets of one order belong to one event.", ticket.pointer("id"))
    return Offers(
        of={row[0]: Offer(*row[:_SALE]) for row in rows},
        sale=sale,
        discount=Code.read(discount, rows[0][_CODES], now, requested.replaced.discount_code_id),
        access=Code.read(access, rows[0][_CODES + 1], now, requested.replaced.access_code_id),
        is_team=context.viewer.has_role(COORGANIZERS, sale.event_id),
    )


def _named_by_id(context: Context, type: str, code: RequestedCode) -> tuple[int | None, list[str]]:
    """The id that the text of a code may be, and the secrets by which the lookup by this viewer is kept."""
    if code.text is None or not is_number(code.text):
        return None, []
    id = int(code.text)
    return id, lookups.secrets(type, id, Subject(context.viewer.id, context.request.source_ip))


def _sale(row: list[Any]) -> Sale:
    event_id, is_over, hold_minutes, has_overdue, order_id, currency, to_guests = row[_SALE:_TAX]
    tax, fee = row[_TAX:_FEE], row[_FEE:_CODES]
    return Sale(
        event_id=event_id,
        is_over=is_over,
        hold_minutes=hold_minutes,
        has_overdue=has_overdue,
        order_id=order_id,
        currency=currency,
        sells_to_guests=to_guests,
        tax=Tax(*tax) if tax[1] is not None else None,
        fee=Fee(*fee) if fee[0] is not None else None,
    )
