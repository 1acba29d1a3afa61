"""State of OAuth (RFC 6749, section 10.12): who began to connect a Stripe account, for which event, and when.

Signed, so that nothing is stored. A code that comes with the state of somebody else, or of another event, was
not asked for by whoever sends it.
"""

import hashlib
import hmac
from typing import Final

from chalicelib import clock
from chalicelib.auth.signing_keys import keys

_LASTS: Final = 3600  # seconds, to sign in or sign up at Stripe


def new_state(user_id: int, event_id: int) -> str:
    """The state for this account and event, for an hour."""
    until = int(clock.now().timestamp()) + _LASTS
    return f"{until}.{_signature(next(iter(keys().values())), user_id, event_id, until)}"


def is_valid(state: str, user_id: int, event_id: int) -> bool:
    """Whether it was made for this account and event in the last hour."""
    text, _, signature = state.partition(".")
    if not (text.isascii() and text.isdecimal() and len(text) < 12) or int(text) < clock.now().timestamp():
        return False
    expected = (_signature(secret, user_id, event_id, int(text)) for secret in keys().values())
    return any(hmac.compare_digest(other.encode(), signature.encode()) for other in expected)


def _signature(secret: str, user_id: int, event_id: int, until: int) -> str:
    signed = f"stripe connect {user_id} {event_id} {until}"
    return hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
