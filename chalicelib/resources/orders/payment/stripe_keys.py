"""The platform's keys at Stripe, for test or for live payments: set by staff in the platform's settings."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import aws, db
from chalicelib.resources.admin.setting import LIVE_MODES
from chalicelib.resources.orders.payment.stripe import Stripe
from chalicelib.settings import settings

_KEYS: Final = """
SELECT stripe_mode, stripe_client_id, stripe_secret_key, stripe_test_client_id, stripe_test_secret_key
FROM settings ORDER BY id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Platform:
    """The platform's client id of Connect, and its client."""

    client_id: str
    stripe: Stripe


def platform(session: Session, *, is_test: bool = False) -> Platform | None:
    """The platform at Stripe; None where staff has not set its keys. Test keys for what `is_test`, and unless
    the mode is live.
    """
    for mode, client_id, secret, test_client_id, test_secret in db.fetch(session, _KEYS, flush=False):
        is_live = mode in LIVE_MODES and not is_test
        chosen = (client_id, secret) if is_live else (test_client_id, test_secret)
        if all(chosen):
            return Platform(chosen[0], Stripe(chosen[1]))
    return None


def publishable_key(session: Session) -> str | None:
    """The public key of the platform's own account, for what is paid to it: test or live, as the mode is."""
    chosen = "SELECT stripe_mode, stripe_publishable_key, stripe_test_publishable_key FROM settings"
    for mode, live, test in db.fetch(session, f"{chosen} ORDER BY id LIMIT 1", flush=False):
        return live if mode in LIVE_MODES else test  # type: ignore[no-any-return]
    return None


def webhook_secret() -> str:
    """The secret that Stripe signs its events with; empty where there is none."""
    if settings().stripe_webhook_secret or not settings().stripe_webhook_secret_parameter:
        return settings().stripe_webhook_secret
    return aws.parameter(settings().stripe_webhook_secret_parameter)
