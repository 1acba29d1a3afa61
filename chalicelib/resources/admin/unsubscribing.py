"""One-click unsubscription (RFC 8058): a signed address by which a recipient refuses more mails of a kind.

The token is the address and the kind with an HMAC, so that nothing is stored until it is used. It holds for
ever: a mail may be read late.
"""

import base64
import hashlib
import hmac
import json
from typing import Final
from urllib.parse import quote

from chalicelib.auth.signing_keys import keys
from chalicelib.settings import settings
from chalicelib.values.addresses import stored_form

_LONGEST: Final = 2_000


def address(email: str, kind: str) -> str | None:
    """Where to unsubscribe from mails of this kind; None where the API's own address is unknown."""
    base = settings().api_url or settings().api_prefix
    return f"{base}/v1/unsubscribe/{quote(_token(email, kind))}" if base.startswith("http") else None


def parse(token: str) -> tuple[str, str] | None:
    """(email, kind) of a token, or None if nobody has made it."""
    content, _, signature = token.partition(".")
    if len(token) > _LONGEST or not token.isascii():
        return None
    if not any(hmac.compare_digest(_signature(secret, content), signature) for secret in keys().values()):
        return None
    email, kind = json.loads(base64.urlsafe_b64decode(content + "=" * (-len(content) % 4)))
    return email, kind


def _token(email: str, kind: str) -> str:
    text = json.dumps([stored_form(email), kind], separators=(",", ":"))
    content = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return f"{content}.{_signature(next(iter(keys().values())), content)}"


def _signature(secret: str, content: str) -> str:
    return hmac.new(secret.encode(), f"unsubscribe {content}".encode(), hashlib.sha256).hexdigest()[:32]
