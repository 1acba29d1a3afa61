"""Google Wallet link: a JWT (RS256) with an event ticket class and object in it, which Google makes of it.

Source: Google's "Google Wallet API JWT", "EventTicketClass" and "EventTicketObject". A class or object that
exists is not changed by a link: so the ids of both say what is in them, and what has changed is another one.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple

from chalicelib import clock
from chalicelib.papers.ticket import Ticket
from chalicelib.settings import NotConfigured

GOOGLE_LAYOUT: Final = 1
_SAVE: Final = "https://pay.google.com/gp/v/save/"
# What a link can have without being cut by a browser or a mail program: texts are cut until it fits.
_SAFE: Final = 1800
_LONGEST: Final = (60, 40, 25, 15)  # characters of a text


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues: Google's id of the issuer, and the key file (JSON) of its service account."""

    id: str
    credentials: str


def google_link(ticket: Ticket, organizer: str, serial: str, issuer: Issuer) -> str:
    """The link that saves the ticket. Raises NotConfigured for credentials that sign nothing."""
    import jwt  # lazy: 75 ms, and few tasks sign one

    account, key = _account(issuer.credentials)
    claims = {"iss": account, "aud": "google", "typ": "savetowallet", "iat": int(clock.now().timestamp())}
    signed = ""
    for longest in _LONGEST:
        known = payload(ticket, organizer, Ids(issuer.id, serial), longest)
        try:
            signed = jwt.encode({**claims, "payload": known}, key, algorithm="RS256", json_encoder=_Utf8)
        except (ValueError, TypeError, jwt.InvalidKeyError):
            raise NotConfigured("the private_key in GOOGLE_WALLET_CREDENTIALS is no RSA key in PEM") from None
        if len(signed) <= _SAFE:
            break
    return _SAVE + signed


class _Utf8(json.JSONEncoder):
    """Letters as they are: escaped, those of other scripts are thrice as long."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False})


class Ids(NamedTuple):
    """What the ids of class and object begin with: the issuer, and what is the same for this ticket."""

    issuer: str
    serial: str


def payload(ticket: Ticket, organizer: str, ids: Ids, longest: int) -> dict[str, Any]:
    """The class, which all tickets of the event have in common, and the object, which is this ticket.

    Texts have at most `longest` characters.
    """

    def short(text: str) -> str:
        line = " ".join(text.split())
        return line if len(line) <= longest else f"{line[: longest - 1]}…"

    def localized(text: str) -> dict[str, Any]:
        return {"defaultValue": {"language": "en", "value": short(text)}}

    name = f"TEST: {ticket.event}" if ticket.is_test else ticket.event
    event: dict[str, Any] = {
        "issuerName": short(organizer or name),
        "eventName": localized(name),
        "dateTime": {"start": ticket.begin.isoformat(), "end": ticket.end.isoformat()},
        "reviewStatus": "UNDER_REVIEW",
    }
    if ticket.place:
        event["venue"] = {"name": localized(ticket.place), "address": localized(ticket.place)}
    event["id"] = f"{ids.issuer}.event-{_digest(event)}"
    code: dict[str, Any] = {"type": "QR_CODE", "value": ticket.code}
    admission: dict[str, Any] = {
        "classId": event["id"],
        "state": "ACTIVE",
        "barcode": code,
        "ticketType": localized(ticket.kind),
    }
    if ticket.holder:
        admission["ticketHolderName"] = short(ticket.holder)
    if ticket.reference:
        admission["reservationInfo"] = {"confirmationCode": short(ticket.reference)}
    admission["id"] = f"{ids.issuer}.{ids.serial}-{_digest(admission)}"
    return {"eventTicketClasses": [event], "eventTicketObjects": [admission]}


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


@cache
def _account(credentials: str) -> tuple[str, str]:
    """(address of the service account, its private key in PEM). Raises NotConfigured, quoting neither."""
    try:
        known = json.loads(credentials)
        return str(known["client_email"]), str(known["private_key"])
    except (ValueError, TypeError, KeyError):
        raise NotConfigured("GOOGLE_WALLET_CREDENTIALS is no key file of a service account") from None
