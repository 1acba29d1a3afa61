"""Orders: somebody's purchase of tickets for an event, from the first click to the paid bill.

Who sees an order, who may change what about it, and what stays of it.
"""

from typing import Any

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.ground.errors import forbidden, invalid
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Computed, Schema, ToMany, ToOne, fields
from chalicelib.jsonapi.model.policy import Policy, among, nobody, staff
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.rights.viewer_parameters import email_of_viewer
from chalicelib.resources.attributes import IdText, NullsAreAbsent
from chalicelib.resources.money_rules import in_the_currency_of_its_event
from chalicelib.resources.orders.attendee.admission import demand_nobody_inside
from chalicelib.resources.orders.notes import appended
from chalicelib.resources.orders.order import effects, taxes, transitions
from chalicelib.resources.orders.order.buyer import is_buyer
from chalicelib.resources.orders.order.conditions import bill_of, demand_address
from chalicelib.resources.orders.order.states import ADMITTING, CANCELLED, HELD
from chalicelib.resources.orders.order.table import SIDES, Order
from chalicelib.resources.orders.payment import exchanging, ledger
from chalicelib.resources.orders.payment.cancelling import refund_by_rule
from chalicelib.resources.orders.payment.modes import FREE_OF_CHARGE
from chalicelib.resources.orders.payment.strategies import provider_of
from chalicelib.resources.policies import has_role
from chalicelib.resources.tickets.discount_code import DiscountCode
from chalicelib.resources.tickets.stock import FASTER, TOO_MANY

_BUYER_MAY = {
    "address", "city", "state", "country", "zipcode", "company", "tax_business_info", "tax_id",
    "status",    "order_notes", "payment_mode", "is_billing_enabled",
}  # fmt: skip
_ATTENDED = sql(
    "SELECT coming.order_id FROM attendees coming WHERE ",
    email_of_viewer("coming"),
    " AND coming.deleted_at IS NULL",
)
_SEEN = SIDES | among(_ATTENDED, "its attendees")
POLICY = Policy(see=_SEEN, create=nobody, change=SIDES, remove=staff, materialize_ids=True)


class OnSiteTicket(Schema):
    """A quantity of a ticket ordered on site."""

    id = fields.Str(required=True)
    quantity = fields.Str(required=True)


class OrderSchema(NullsAreAbsent):
    discount_code_id = IdText(
        "discount_code_id", allow_none=True, metadata={"seen_by": SIDES, "after": "status"}
    )
    # Whether the buyer accounts for the tax, which the amount is without.
    is_reverse_charge = Computed(
        "boolean",
        sql("coalesce((", ROW["tax"], " ->> 'reverse_charge')::boolean, false)"),
        metadata={"seen_by": SIDES, "after": "tax_id"},
    )
    # What to order; ignored for an existing order.
    on_site_tickets = fields.List(
        fields.Nested(OnSiteTicket), allow_none=True, load_only=True, metadata={"after": "tickets_pdf_url"}
    )

    event = ToOne(
        "event",
        inverse="orders",
        read_only=True,
        all_methods=True,
        inverse_scope=has_role(COORGANIZERS, "id"),
    )
    user = ToOne("user", read_only=True, all_methods=True)
    marketer = ToOne("user", read_only=True, all_methods=True)
    event_invoice = ToOne("event-invoice", read_only=True)
    discount_code = ToOne("discount-code", inverse="orders", read_only=True, all_methods=True)
    access_code = ToOne("access-code", inverse="orders", read_only=True)
    added_to = ToOne("order", inverse="added-orders", read_only=True)
    tickets = ToMany(
        "ticket",
        inverse="orders",
        through="orders_tickets",
        left="order_id",
        right="ticket_id",
        read_only=True,
        inverse_scope=has_role(COORGANIZERS),
    )


def change_what_is_ones_own(context: Context, change: Change) -> None:
    """Buyers set billing data until the order is placed; the event's team sets the state.

    State transitions are checked elsewhere.
    """
    row, viewer = change.row, context.viewer
    if not change.before or viewer.is_staff:
        return
    if not is_buyer(viewer, row.id, row.user_id, row.profile_id):
        _demand(change, {"status", "cancel_note"} if _is_being_cancelled(change) else {"status"})
    elif _is_being_cancelled(change):
        _undo(change, {"status"})
    elif change.before.get("status", row.status) in HELD:
        _demand(change, _BUYER_MAY)
    else:
        _demand(change, {"status"})


def use_a_code_of_the_event(context: Context, change: Change) -> None:
    """The discount code must belong to the order's event."""
    row = change.row
    if row.discount_code_id is None or "discount_code_id" not in change.before:
        return
    code = context.session.get(DiscountCode, row.discount_code_id)
    if code is None or code.deleted_at is not None or code.event_id != row.event_id:
        raise invalid("The event has no such discount code.", "/data/attributes/discount-code-id")


def pay_in_a_way_that_fits(context: Context, change: Change) -> None:
    """An order that costs something is not free of charge, and the event must accept the payment mode."""
    row, changed = change.row, change.before.keys()
    if row.payment_mode is None or changed.isdisjoint({"payment_mode", "amount"}):
        return
    # An event that stops to take a payment still takes the one that was agreed on.
    if "payment_mode" not in changed and row.payment_mode != FREE_OF_CHARGE:
        return
    bill = bill_of(context, row)
    provider_of(bill).begin(bill)


def say_who_is_billed(context: Context, change: Change) -> None:
    """Requesting a bill requires an address."""
    if "is_billing_enabled" in change.before:
        demand_address(context, change.row)


def keep_earlier_notes(_context: Context, change: Change) -> None:
    """Notes are append-only."""
    if change.before.get("order_notes"):
        change.row.order_notes = appended(change.before["order_notes"], change.row.order_notes)


def keep_what_was_sold(context: Context, change: Change) -> None:
    """Paid orders are not deleted, nor orders with attendees checked in."""
    if change.row.amount > 0 and change.row.status in ADMITTING:
        raise forbidden("This order was paid for: cancel it instead.")
    demand_nobody_inside(context, change.row.id, "/data")


def _is_being_cancelled(change: Change) -> bool:
    return change.row.status == CANCELLED and "status" in change.before


def _undo(change: Change, keep: set[str]) -> None:
    change.undo(change.before.keys() - keep)


def _demand(change: Change, allowed: set[str]) -> None:
    refused: list[Any] = sorted(change.before.keys() - allowed)
    if refused:
        name = refused[0].replace("_", "-")
        raise forbidden(
            f"You may not set {name} while this order is {change.before.get('status', change.row.status)}.",
            f"/data/attributes/{name}",
        )


ORDER = Resource(
    "order",
    Order,
    OrderSchema,
    path="orders",
    most_bytes=30_000,
    identifier="identifier",
    # Orders are created by the action create-order, which reserves the tickets.
    methods=frozenset({"list", "read", "update", "delete"}),
    policy=POLICY,
    before_write=[
        change_what_is_ones_own,
        use_a_code_of_the_event,
        taxes.know_the_tax_id,
        taxes.charge_tax_by_who_buys,
        in_the_currency_of_its_event("amount"),
        ledger.keep_the_amount_while_it_is_paid,
        pay_in_a_way_that_fits,
        say_who_is_billed,
        transitions.check_transition,
        keep_earlier_notes,
        effects.apply_state_fields,
    ],
    after_write=[
        exchanging.take_over,
        ledger.record_confirmation,
        refund_by_rule,
        effects.release_seats_and_emit,
    ],
    before_delete=[keep_what_was_sold],
    order=["-created_at"],
    constraint_errors={TOO_MANY: ("/tickets", FASTER)},
)
