"""vCard 3.0 (RFC 2426) of an attendee, as the QR code of a badge has it."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

_PHONES: Final = {"phone": "HOME", "work_phone": "WORK"}
_ADDRESSES: Final = {
    "billing_address": "BILLING",
    "home_address": "HOME",
    "shipping_address": "SHIPPING",
    "work_address": "WORK",
}
_PLACE: Final = ("address", "city", "state", "country")
_LINKS: Final = ("website", "blog", "twitter", "facebook", "github", "linkedin", "instagram")
_NAMES: Final = ("firstname", "lastname", "email", "company", "job_title")
_SPECIAL: Final = frozenset({*_NAMES, *_PHONES, *_ADDRESSES, *_PLACE, *_LINKS})


def vcard(values: Mapping[str, str], attendee_id: int | None = None) -> str:
    """The vCard of these values, by the names of attributes with underscores; empty ones are left out.

    What vCard has no property for becomes X-SOCIALPROFILE, and so does the attendee's id.
    """
    known = {name: escaped(value) for name, value in values.items() if value.strip()}
    return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", *_lines(known, attendee_id), "END:VCARD", ""])


def escaped(value: str) -> str:
    """A text value: backslash, comma, semicolon and line breaks are escaped (RFC 2426, 4)."""
    marked = re.sub(r"([\\,;])", r"\\\1", value)
    return re.sub(r"\r\n|\r|\n", r"\\n", marked)


def _lines(known: Mapping[str, str], attendee_id: int | None) -> Iterator[str]:
    first, last = known.get("firstname", ""), known.get("lastname", "")
    yield f"FN:{' '.join(filter(None, (first, last)))}"
    yield f"N:{last};{first};;;"
    if "email" in known:
        yield f"EMAIL:{known['email']}"
    for name, kind in _PHONES.items():
        if name in known:
            yield f"TEL;TYPE={kind}:{known[name]}"
    if known.keys() & set(_PLACE):
        street, city, state, country = (known.get(name, "") for name in _PLACE)
        yield f"ADR:;;{street};{city};{state};;{country}"
    for name, kind in _ADDRESSES.items():
        if name in known:
            yield f"ADR;TYPE={kind}:;;{known[name]};;;;"
    if "company" in known:
        yield f"ORG:{known['company']}"
    if "job_title" in known:
        yield f"TITLE:{known['job_title']}"
    for name in _LINKS:
        if name in known:
            yield f"URL;TYPE={name.upper()}:{known[name]}"
    for name, value in known.items():
        kind = re.sub(r"[^A-Z0-9-]", "", name.upper())
        if name not in _SPECIAL and kind:
            yield f"X-SOCIALPROFILE;TYPE={kind}:{value}"
    if attendee_id is not None:
        yield f"X-SOCIALPROFILE;TYPE=EVENTYAY:{attendee_id}"
