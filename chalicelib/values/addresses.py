"""Email addresses: one normal form for storing, comparing and sending.

Domains are in punycode (RFC 5891) and lower case. The local part is ASCII, because SES delivers to no other;
its case is kept but ignored: every comparison in SQL uses lower(...).
"""

import re
from typing import Final

from chalicelib.values.characters import is_invisible

LONGEST: Final = 254  # RFC 5321, 4.5.3.1.3, without the angle brackets
LONGEST_LOCAL_PART: Final = 64
_ATOM: Final = r"[-!#$%&'*+/=?^_`{|}~A-Za-z0-9]+"
_LOCAL: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"(?:{_LABEL}\.)+(?![0-9]+\Z){_LABEL}")
_DOTLESS: Final = frozenset({"localhost"})
_SHORTEST_TOP: Final = 2


def stored_form(address: str) -> str:
    """The normal form of an address; an invalid one is returned unchanged.

    Total and idempotent: old rows hold addresses that are no longer valid.
    """
    text = address.strip()
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain or _has_invisible(text):
        return text
    try:
        return f"{local}@{_punycode(domain)}"
    except UnicodeError:
        return text


def mistake_in(address: str) -> str | None:
    """What is wrong with an address in its normal form, or None."""
    if any(is_invisible(character) for character in address):
        return "An e-mail address has no invisible characters."
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        return "Not a valid email address."
    if not local.isascii():
        return "Before the @ there may be letters without accents only: no mail would arrive."
    if len(local) > LONGEST_LOCAL_PART:
        return f"Before the @ there are {LONGEST_LOCAL_PART} characters at most."
    if len(address) > LONGEST:
        return f"An e-mail address has {LONGEST} characters at most."
    if not _LOCAL.fullmatch(local) or not _is_domain(domain):
        return "Not a valid email address."
    return None


def _has_invisible(text: str) -> bool:
    """Whether a reader cannot notice one of the characters. What is ASCII and printable is noticed."""
    if text.isascii() and text.isprintable():
        return False
    return any(is_invisible(character) for character in text)


def _is_domain(domain: str) -> bool:
    if domain in _DOTLESS:
        return True
    top = domain.rpartition(".")[2]
    return _DOMAIN.fullmatch(domain) is not None and len(top) >= _SHORTEST_TOP and _punycode_is_right(domain)


def _punycode_is_right(domain: str) -> bool:
    if "xn--" not in domain:
        return True
    import idna  # lazy: few addresses need it

    try:
        return idna.encode(idna.decode(domain)).decode() == domain
    except UnicodeError:
        return False


def _punycode(domain: str) -> str:
    """The domain in lower case ASCII. Raises UnicodeError if invalid."""
    if domain.isascii():
        return domain.lower()
    import idna  # lazy: few addresses need it

    return idna.encode(domain, uts46=True, std3_rules=True).decode("ascii").lower()
