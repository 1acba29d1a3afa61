"""The platform's keys at PayPal, for its sandbox or for live payments: set by staff in the settings."""

from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.resources.admin.setting import TEST_MODES
from chalicelib.resources.orders.payment.paypal import PayPal
from chalicelib.settings import settings

_KEYS: Final = """
SELECT paypal_mode, paypal_client, paypal_secret, paypal_sandbox_client, paypal_sandbox_secret
FROM settings ORDER BY id LIMIT 1
"""


def gateway(session: Session, *, is_test: bool) -> PayPal | None:
    """The platform at PayPal; None where staff has not set its keys. The sandbox for what `is_test`, and in
    all modes for tests.
    """
    ours = settings()
    for mode, client_id, secret, sandbox_client_id, sandbox_secret in db.fetch(session, _KEYS, flush=False):
        if is_test or mode in TEST_MODES:
            url, keys = ours.paypal_sandbox_api_url, (sandbox_client_id, sandbox_secret)
        else:
            url, keys = ours.paypal_api_url, (client_id, secret)
        if all(keys):
            return PayPal(url, *keys, takes_fees=ours.paypal_platform_fees)
    return None


def webhook_id(gateway: PayPal) -> str:
    """The id of the webhook at PayPal, or at its sandbox; empty where there is none."""
    ours = settings()
    is_sandbox = gateway.url == ours.paypal_sandbox_api_url
    return ours.paypal_sandbox_webhook_id if is_sandbox else ours.paypal_webhook_id
