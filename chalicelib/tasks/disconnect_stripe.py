"""Disconnects an organizer's account at Stripe, once no event is linked to it any more."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib.http_client import Deadline
from chalicelib.resources.orders.payment.stripe_keys import platform
from chalicelib.resources.orders.stripe_authorization import DISCONNECT, StripeAuthorization
from chalicelib.tasks.registry import PermanentFailure, task


@task(DISCONNECT, min_seconds=14.0)
def disconnect_stripe(session: Session, account: str) -> None:
    """Nothing if another event is linked to the account."""
    linked = select(StripeAuthorization.id).where(StripeAuthorization.account == account).limit(1)
    if session.scalar(linked) is not None:
        return
    chosen = platform(session)
    if chosen is None:
        raise PermanentFailure("the platform has no keys of Stripe any more")
    chosen.stripe.disconnect(chosen.client_id, account, Deadline())
