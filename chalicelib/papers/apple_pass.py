"""Apple Wallet pass (.pkpass): a zip of pass.json, pictures, translations, a manifest and its signature.

Source: Apple's "Wallet Passes" and "Building a Pass". The manifest has the SHA-1 of each file, as the format
wants it; what protects it is the detached PKCS #7 signature, with signing time and the certificate of Apple's
intermediate authority (WWDR). The layer of tasks has cryptography: no other function signs.
"""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from chalicelib import clock
from chalicelib.papers.pass_pictures import pictures
from chalicelib.papers.ticket import Ticket
from chalicelib.settings import NotConfigured

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate

MEDIA_TYPE: Final = "application/vnd.apple.pkpass"
APPLE_LAYOUT: Final = 1  # increase it when passes look different, so that stored ones are made anew
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # no time in the zip
_DESCRIPTION: Final = "Ticket"
# The labels of fields, and how each language says them. The key is what pass.json has.
_LABELS: Final[dict[str, dict[str, str]]] = {
    "de": {
        "Event": "Veranstaltung",
        "Begins": "Beginn",
        "Ends": "Ende",
        "Place": "Ort",
        "Name": "Name",
        "Ticket": "Ticket",
        "Order": "Bestellung",
        "Reference": "Referenz",
        "Note": "Hinweis",
    },
    "ar": {
        "Event": "الفعالية",
        "Begins": "البداية",
        "Ends": "النهاية",
        "Place": "المكان",
        "Name": "الاسم",
        "Ticket": "التذكرة",
        "Order": "الطلب",
        "Reference": "المرجع",
        "Note": "ملاحظة",
    },
}


@dataclass(frozen=True, slots=True)
class PassType:
    """Whose passes these are: identifiers that Apple has given, and the credentials in PEM.

    `credentials` are a private key, its certificate and that of WWDR, one after the other.
    """

    identifier: str
    team: str
    credentials: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the event is and whose it is, as wallets need it besides what is on the ticket."""

    organizer: str
    latitude: float | None = None
    longitude: float | None = None
    logo_url: str | None = None


def apple_pass(ticket: Ticket, place: Place, serial: str, kind: PassType) -> bytes:
    """The pass of a ticket. One with the same serial replaces an earlier one on a phone.

    Raises NotConfigured for credentials that sign nothing.
    """
    files: dict[str, bytes] = {"pass.json": _json(content(ticket, place, serial, kind))}
    files |= pictures(place.logo_url)
    # English too, although the keys are: a phone takes one of the languages that a pass has.
    for language, words in {"en": {word: word for word in _LABELS["de"]}, **_LABELS}.items():
        files[f"{language}.lproj/pass.strings"] = _strings(words)
    manifest = _json({name: hashlib.sha1(data).hexdigest() for name, data in sorted(files.items())})  # noqa: S324
    files["manifest.json"] = manifest
    files["signature"] = _signature(manifest, kind.credentials)
    return _zipped(files)


def content(ticket: Ticket, place: Place, serial: str, kind: PassType) -> dict[str, Any]:
    """The pass.json of a ticket."""
    name = f"TEST: {ticket.event}" if ticket.is_test else ticket.event
    begin, end = ticket.begin.isoformat(timespec="minutes"), ticket.end.isoformat(timespec="minutes")
    when = {"dateStyle": "PKDateStyleMedium", "timeStyle": "PKDateStyleShort", "ignoresTimeZone": True}
    back = [("order", "Order", ticket.order), ("reference", "Reference", ticket.reference)]
    back += [("note", "Note", "\n".join(part for part in (ticket.note, *ticket.after_order) if part))]
    auxiliary = [_field("name", "Name", ticket.holder), _field("kind", "Ticket", ticket.kind)]
    known: dict[str, Any] = {
        "formatVersion": 1,
        "passTypeIdentifier": kind.identifier,
        "teamIdentifier": kind.team,
        "organizationName": place.organizer or name,
        "serialNumber": serial,
        "description": f"{_DESCRIPTION}: {name}",
        "logoText": place.organizer or name,
        "relevantDate": begin,
        "expirationDate": end,
        "foregroundColor": "rgb(255, 255, 255)",
        "backgroundColor": "rgb(26, 95, 180)",
        "labelColor": "rgb(214, 228, 245)",
        "barcodes": [
            {
                "format": "PKBarcodeFormatQR",
                "message": ticket.code,
                "messageEncoding": "iso-8859-1",
                **({"altText": ticket.reference} if ticket.reference else {}),
            }
        ],
        "eventTicket": {
            "primaryFields": [_field("event", "Event", name)],
            "secondaryFields": [
                _field("begins", "Begins", begin) | when,
                _field("place", "Place", ticket.place),
            ],
            "auxiliaryFields": [field for field in auxiliary if field["value"]],
            "backFields": [
                _field("ends", "Ends", end) | when,
                *(_field(key, label, value) for key, label, value in back if value),
            ],
        },
    }
    if place.latitude is not None and place.longitude is not None:
        known["locations"] = [{"latitude": place.latitude, "longitude": place.longitude}]
    return known


def _field(key: str, label: str, value: str) -> dict[str, Any]:
    return {"key": key, "label": label, "value": value}


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _strings(words: Mapping[str, str]) -> bytes:
    return "".join(f'"{word}" = "{said}";\n' for word, said in words.items()).encode()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(ZipInfo(name, date_time=_EPOCH), data, ZIP_DEFLATED)
    return target.getvalue()


def _signature(manifest: bytes, credentials: str) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256  # lazy: 60 ms, and tasks alone have it
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

    key, signer, others = _signer(credentials)
    if not signer.not_valid_before_utc <= clock.now() <= signer.not_valid_after_utc:
        raise NotConfigured("the certificate in APPLE_PASS_CREDENTIALS is not valid at this time")
    builder = pkcs7.PKCS7SignatureBuilder().set_data(manifest).add_signer(signer, key, SHA256())
    for other in others:
        builder = builder.add_certificate(other)
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    return builder.sign(Encoding.DER, options)


@cache
def _signer(credentials: str) -> "tuple[RSAPrivateKey, Certificate, list[Certificate]]":
    """(key, its certificate, the others). Raises NotConfigured, quoting none of it."""
    from cryptography import x509  # lazy: as in _signature
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(credentials.encode(), None)
        certificates = x509.load_pem_x509_certificates(credentials.encode())
    except (ValueError, TypeError):
        raise NotConfigured("APPLE_PASS_CREDENTIALS is no private key with certificates, in PEM") from None
    own = [each for each in certificates if each.public_key() == key.public_key()]
    if not isinstance(key, rsa.RSAPrivateKey) or len(own) != 1:
        raise NotConfigured("APPLE_PASS_CREDENTIALS has no RSA key with its certificate")
    return key, own[0], [each for each in certificates if each is not own[0]]
