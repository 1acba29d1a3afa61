"""Payment gateways by mode: what is configured is offered, and what is not says so."""

from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.payment import paypal_keys, stripe_keys
from chalicelib.resources.orders.payment.ledger import currency_of, due_for
from chalicelib.resources.orders.payment.modes import PAYMENT_MODES
from chalicelib.resources.orders.payment.payment import PAYPAL, STRIPE
from chalicelib.resources.orders.payment.paypal_amounts import mistake_in
from chalicelib.resources.orders.payment.provider import Provider
from chalicelib.resources.orders.stripe_authorization import StripeAuthorization
from chalicelib.settings import settings

# Payment modes that providers confirm here, and whose provider it is. Omise and PayTM have none.
PROVIDER_OF_MODE: Final = {"stripe": STRIPE, "paypal": PAYPAL, "alipay": STRIPE}
_NAMES: Final = {"stripe": "Stripe", "paypal": "PayPal", "alipay": "Alipay"}
_SERVICES: Final = {STRIPE: "Stripe", PAYPAL: "PayPal"}
# Modes that are one method of paying at their provider.
METHODS: Final = {"alipay": "alipay"}


def gateway(session: Session, provider: str, order: Any) -> Provider | None:
    """The platform at the provider of an order's payment; None where staff has not set its keys there.

    An order that was made in test mode is paid, and refunded, with the keys for tests.
    """
    if provider == PAYPAL:
        return paypal_keys.gateway(session, is_test=order.is_test)
    chosen = stripe_keys.platform(session, is_test=order.is_test)
    return chosen.stripe if chosen is not None else None


def takes_fees(mode: str) -> bool:
    """Whether the provider of this mode collects the platform's fee; else it is billed to the organizer."""
    return PROVIDER_OF_MODE[mode] != PAYPAL or settings().paypal_platform_fees


def account_of(session: Session, event_id: int, mode: str) -> str | None:
    """The organizer's account at the provider of this mode: an account of Stripe, or an address at PayPal."""
    if PROVIDER_OF_MODE[mode] == PAYPAL:
        return session.get_one(Event, event_id).paypal_email
    of_event = select(StripeAuthorization.account).where(StripeAuthorization.event_id == event_id)
    return session.scalar(of_event)


def offer(session: Session, order: Any, mode: str = STRIPE) -> None:
    """Raise Problem 409 unless the order can be paid in this mode."""
    if order.status not in states.HELD or not due_for(session, order):
        raise conflict(
            f"An order that is {order.status} and costs {order.amount or 0} cannot be charged.", "/data"
        )
    if mode not in PROVIDER_OF_MODE:
        raise conflict(f"This server takes no payment by {mode}.", "/data")
    name, event = _NAMES[mode], session.get_one(Event, order.event_id)
    # By now: the order may be pending since.
    if event.deleted_at is not None or not getattr(event, PAYMENT_MODES[mode].switch):
        raise conflict(f"The event takes no payment by {name}.", "/data")
    if gateway(session, PROVIDER_OF_MODE[mode], order) is None:
        keys = ", or has no keys for tests there" if order.is_test else ""
        raise conflict(f"This server is not connected to {_SERVICES[PROVIDER_OF_MODE[mode]]}{keys}.", "/data")
    if account_of(session, order.event_id, mode) is None:
        missing = "no PayPal address" if mode == PAYPAL else "no Stripe account"
        raise conflict(f"The event's organizer has connected {missing}.", "/data")
    currency = currency_of(session, order)
    mistake = mistake_in(due_for(session, order), currency) if mode == PAYPAL else None
    if mistake is not None:
        raise conflict(mistake, "/data")
