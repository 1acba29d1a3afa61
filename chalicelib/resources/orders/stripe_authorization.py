"""Stripe authorizations: link an event to its owner's Stripe account, by OAuth (Stripe Connect, standard).

The authorization code is exchanged while the request runs, and neither it nor the tokens that it gives are
stored: the platform acts for the account with its own key, so the account's id is enough.
"""

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import UniqueConstraint, update
from sqlalchemy.orm import Mapped, Session

from chalicelib import db, outbox
from chalicelib.auth.roles import ORGANIZERS
from chalicelib.db import Model, owned_by
from chalicelib.http_client import Deadline
from chalicelib.jsonapi.ground.errors import conflict, forbidden, invalid
from chalicelib.jsonapi.http.limited import demand_now
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr, fields, validate
from chalicelib.jsonapi.model.policy import Policy, logged_in, visible_with
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.limits.declared import PAYMENTS
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.events.one_per_event import has_another
from chalicelib.resources.orders import refund as refunds
from chalicelib.resources.orders.order.link_loader import holds_link_there
from chalicelib.resources.orders.order.states import listed
from chalicelib.resources.orders.payment import payment as payments
from chalicelib.resources.orders.payment.connect_state import is_valid
from chalicelib.resources.orders.payment.provider import Connected, Refused
from chalicelib.resources.orders.payment.provider_problems import provider_problems
from chalicelib.resources.orders.payment.stripe_keys import platform
from chalicelib.resources.policies import has_role

if TYPE_CHECKING:
    from chalicelib.resources.orders.payment.stripe import Stripe

DISCONNECT: Final = "disconnect_stripe"
_TAKEN = ("/data/relationships/event", "The event has a Stripe authorization already.")
_CODE: Final = "/data/attributes/stripe-auth-code"
_STATE: Final = "/data/attributes/stripe-state"
_ORGANIZERS = has_role(ORGANIZERS)
# Payments that are under way, money that is on its way back, and refunds that failed and are still owed.
_UNFINISHED: Final = f"""
SELECT 1 FROM payments WHERE event_id = $1 AND account = $2 AND state IN {listed(payments.UNFINISHED)}
UNION ALL SELECT 1 FROM refunds JOIN payments paid ON paid.id = refunds.payment_id
WHERE refunds.event_id = $1 AND paid.account = $2 AND (refunds.state IN {listed(refunds.UNFINISHED)}
  OR refunds.state = '{refunds.FAILED}' AND paid.refunded_minor < paid.amount_minor AND NOT EXISTS (
    SELECT FROM refunds later WHERE later.payment_id = paid.id AND later.id > refunds.id
    AND later.state <> '{refunds.FAILED}' AND later.amount_minor >= refunds.amount_minor
  )) LIMIT 1
"""  # noqa: S608 - no user input


class StripeAuthorization(Model):
    """The event counts as linked while there is a key: Stripe has accepted the code."""

    __tablename__ = "stripe_authorizations"
    stripe_publishable_key: Mapped[str | None] = attr(read_only=True)
    account: Mapped[str | None]
    event_id: Mapped[int] = owned_by("events.id")

    __table_args__ = (UniqueConstraint("event_id", name="uq_stripe_authorizations_event"),)


class StripeAuthorizationSchema(Schema):
    stripe_auth_code = fields.Str(
        required=True,
        load_only=True,
        plain=True,
        validate=validate.Length(1, 255),
        metadata={"example": "ac_123456789"},
    )
    # What stripe-connection gave, and Stripe sent back with the code.
    stripe_state = fields.Str(
        load_only=True,
        plain=True,
        allow_none=True,
        validate=validate.Length(0, 255),
        metadata={"example": None},
    )

    event = ToOne(
        "event", inverse="stripe-authorization", inverse_many=False, inverse_or_404=True, required=True
    )


def stay_at_the_event(_context: Context, change: Change) -> None:
    """An account is connected for one event: whoever organizes several cannot lend it to another one, nor
    disconnect it there while payments of the first are under way.
    """
    if not change.is_new and "event_id" in change.before:
        raise forbidden(
            "A Stripe account is connected for one event; another event needs a connection of its own.",
            "/data/relationships/event",
        )


def only_where_wanted(context: Context, change: Change) -> None:
    """Only an event that accepts Stripe needs one, and only one."""
    if not change.is_new:
        return
    event = context.session.get(Event, change.row.event_id)
    if event is not None and not event.can_pay_by_stripe:
        raise forbidden("The event does not take payments by Stripe.", "/data/relationships/event")
    if has_another(context.session, change.row):
        pointer, sentence = _TAKEN
        raise conflict(sentence, pointer)


def connect(context: Context, change: Change) -> None:
    """Exchange the code at Stripe; a new code is a new connection, and the former account is let go.

    Raises Problem 422 with Stripe's reason, or for somebody else's state; 409 without the platform's keys,
    or while payments are under way.
    """
    code = change.sent.get("stripe_auth_code")
    if code is None:
        return
    chosen = platform(context.session)
    if chosen is None:
        raise conflict("This platform is not connected to Stripe: its staff has set no keys.", "/data")
    state = change.sent.get("stripe_state")
    if state is not None and not is_valid(state, context.demand_account(), change.row.event_id):
        raise invalid("You have not begun this connection, or an hour ago: begin anew.", _STATE)
    former = change.row.account
    if former is not None:
        _demand_finished(context, change.row)
    counter = PAYMENTS.counter(f"account {context.viewer.id}")

    def ask() -> Connected:
        demand_now(context.request, counter)
        with provider_problems():
            return _exchange(chosen.stripe, code)

    connected = context.ask_outside("connect a Stripe account", ask)
    change.row.account = connected.account
    change.row.stripe_publishable_key = connected.publishable_key
    if former not in (None, connected.account):
        _let_go(context, former)


def disconnect(context: Context, change: Change) -> None:
    """Before a deletion: no payment is under way; a task disconnects the account at Stripe."""
    if change.row.account is not None:
        _demand_finished(context, change.row)
        _let_go(context, change.row.account)


def forget_account(session: Session, account: str) -> None:
    """The organizer has disconnected the account at Stripe: no event is linked to it any more."""
    linked = update(StripeAuthorization).where(StripeAuthorization.account == account)
    session.execute(linked.values(account=None, stripe_publishable_key=None))


def _exchange(stripe: "Stripe", code: str) -> Connected:
    try:
        return stripe.exchange(code, Deadline())
    except Refused as refusal:
        raise invalid(f"Stripe has refused this code: {refusal}", _CODE) from None


def _demand_finished(context: Context, row: Any) -> None:
    if db.fetch(context.session, _UNFINISHED, [row.event_id, row.account], flush=False):
        raise conflict(
            "Payments to this Stripe account are under way, or refunds of them are owed: wait until they are "
            "made or have expired, and refund what has failed again.",
            "/data",
        )


def _let_go(context: Context, account: str) -> None:
    outbox.add(context.session, DISCONNECT, {"account": account})


STRIPE_AUTHORIZATION = Resource(
    "stripe-authorization",
    StripeAuthorization,
    StripeAuthorizationSchema,
    path="stripe-authorizations",
    methods=EVERYTHING - {"list"},
    policy=Policy(
        see=(logged_in | holds_link_there()) & visible_with("event"),
        create=_ORGANIZERS,
        change=_ORGANIZERS,
        remove=_ORGANIZERS,
    ),
    before_write=[stay_at_the_event, only_where_wanted, connect],
    before_delete=[disconnect],
    constraint_errors={"uq_stripe_authorizations_event": _TAKEN},
)
