"""Password hashes of a former server, scrypt: they are verified here, and replaced at the next sign-in.

Open Event Server derives 64 bytes by scrypt (N 16384, r 8, p 1) with a salt that is the *text* of a base64
string, and stores them in base64. Here such a hash is "$oes-scrypt$SALT$HASH". Source of scrypt: RFC 7914.
"""

import base64
import hashlib
import hmac
from typing import Final

PREFIX: Final = "$oes-scrypt$"
_COST, _BLOCK, _PARALLEL, _LENGTH = 16_384, 8, 1, 64
_MEMORY: Final = 2**26  # bytes that OpenSSL may use; it needs a quarter of it


def stored_form(salt: str | None, digest: str | None) -> str | None:
    """How a former hash is stored; None where there is none, as then no password opens the account."""
    if not salt or not digest or "$" in salt or not salt.isascii() or not digest.isascii():
        return None
    return f"{PREFIX}{salt}${digest}"


def is_former(stored: str | None) -> bool:
    """Whether this is a hash of the former server."""
    return stored is not None and stored.startswith(PREFIX)


def matches(password: str, stored: str) -> bool:
    """Whether `stored` is the former hash of this password. Compares in constant time."""
    salt, _, digest = stored.removeprefix(PREFIX).partition("$")
    try:
        sent = password.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can send
        return False
    derived = hashlib.scrypt(
        sent, salt=salt.encode(), n=_COST, r=_BLOCK, p=_PARALLEL, maxmem=_MEMORY, dklen=_LENGTH
    )
    return hmac.compare_digest(base64.b64encode(derived), digest.encode())
