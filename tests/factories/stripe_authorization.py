"""Stripe authorizations: of events that are paid by Stripe, whose account is connected, without its key."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.stripe_authorization import StripeAuthorization
from devstack.stripe_connect import CLIENT_ID, SECRET_KEY
from tests.factories.event import make_event
from tests.factories.setting import make_setting


def attributes() -> dict[str, Any]:
    """What a client could send to create a Stripe authorization."""
    return {"stripe-auth-code": "ac_123456789"}


def links(session: Session) -> dict[str, tuple[str, Any]]:
    """An event that is paid by Stripe, on a platform that is connected to it."""
    make_setting(session, stripe_test_client_id=CLIENT_ID, stripe_test_secret_key=SECRET_KEY)
    return {"event": ("event", make_event(session, can_pay_by_stripe=True))}


def make_stripe_authorization(
    session: Session, *, event: Event | None = None, **values: Any
) -> StripeAuthorization:
    """An authorization, of a new event unless one is given."""
    defaults = {
        "event_id": (event or make_event(session, can_pay_by_stripe=True)).id,
        "account": "acct_123456789",
    }
    authorization = StripeAuthorization(**{**defaults, **values})
    session.add(authorization)
    session.flush()
    return authorization
