"""Web Push: encrypts a message for one browser, and signs the request to the browser's push service.

Sources: RFC 8030 (the request), RFC 8188 and 8291 (encryption: aes128gcm), RFC 8292 (VAPID). The primitives
are those of cryptography, which is in the layer of tasks: no other function encrypts.
"""

import base64
import ipaddress
import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

from chalicelib import aws, clock, doubt
from chalicelib.http_client import Deadline, Reply, send
from chalicelib.settings import NotConfigured, settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

LARGEST: Final = 3_000  # bytes of a message: what each push service takes, encrypted
POINT_BYTES: Final = 65  # an uncompressed point of P-256
AUTH_BYTES: Final = 16
_RECORD: Final = 4096
_LAST_RECORD: Final = b"\x02"
_SIGNED_FOR: Final = 12 * 3600  # seconds; a day at most
_SECONDS: Final = 8.0
# The curve of P-256: y² = x³ - 3x + B modulo P.
_P: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B: Final = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


@dataclass(frozen=True, slots=True)
class Receiver:
    """A browser: the endpoint at its push service, and its keys (base64url)."""

    endpoint: str
    p256dh: str
    auth: str


def is_set_up() -> bool:
    """Whether this installation has keys, and so may send anything."""
    return bool(settings().vapid_public_key)


def octets(text: str) -> bytes:
    """Decode base64url, with or without padding. Raises ValueError for anything else."""
    bare = text.rstrip("=")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)


def is_point(key: bytes) -> bool:
    """Whether these are an uncompressed point on P-256."""
    if len(key) != POINT_BYTES or key[0] != 4:
        return False
    x, y = int.from_bytes(key[1:33], "big"), int.from_bytes(key[33:], "big")
    return x < _P and y < _P and (y * y - (x * x * x - 3 * x + _B)) % _P == 0


def is_service(endpoint: str) -> bool:
    """Whether the endpoint is at a host of the setting PUSH_SERVICES, by https and at its usual port."""
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        return False
    host = (parts.hostname or "").lower()
    if parts.scheme != "https" or port not in {None, 443} or "@" in parts.netloc or parts.fragment:
        return False
    # What is not ASCII is in no request, so that each message would become a dead letter.
    if not endpoint.isascii() or _is_ip_address(host):
        return False
    return any(
        host.endswith(name[1:]) if name.startswith("*.") else host == name
        for name in settings().push_services.lower().split()
    )


def normal_endpoint(endpoint: str) -> str:
    """The endpoint of a service as a browser writes it: in lower case up to the path, without the usual port.

    Source: RFC 3986, section 6.2.
    """
    parts = urlsplit(endpoint)
    return urlunsplit((parts.scheme, parts.hostname or "", parts.path or "/", parts.query, ""))


def push(receiver: Receiver, message: bytes, *, ttl: int, topic: str) -> Reply:
    """Send the message, which the service keeps for `ttl` seconds; one of the same `topic` replaces it.

    Raises ValueError for a message that is too large or keys that are none, NotConfigured, NoAnswer,
    BadAnswer, and InDoubt where it may have been sent before a backup was restored.
    """
    doubt.demand_certainty("push message")
    if len(message) > LARGEST:
        raise ValueError(f"a message of Web Push has {LARGEST} bytes at most")
    parts = urlsplit(receiver.endpoint)
    headers = {
        "Authorization": _authorization(f"{parts.scheme}://{parts.netloc}"),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(ttl),
        "Topic": topic,
        "Urgency": "normal",
    }
    body = encrypt(message, octets(receiver.p256dh), octets(receiver.auth))
    stand_in = settings().push_url
    address = f"{stand_in}{parts.path}?{parts.query}".rstrip("?") if stand_in else receiver.endpoint
    return send("POST", address, Deadline(_SECONDS), headers=headers, body=body, only_public=not stand_in)


def encrypt(
    message: bytes,
    public_key: bytes,
    auth: bytes,
    *,
    salt: bytes | None = None,
    sender: "EllipticCurvePrivateKey | None" = None,
) -> bytes:
    """One record of aes128gcm for the holder of this key. Salt and the sender's key are random, but in tests.

    Raises ValueError for a key that is no point. Source: RFC 8291, section 3.4.
    """
    from cryptography.hazmat.primitives.asymmetric import ec  # lazy: 60 ms, and tasks alone have it
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    curve = ec.SECP256R1()
    sender = sender or ec.generate_private_key(curve)
    receiver = ec.EllipticCurvePublicKey.from_encoded_point(curve, public_key)
    ours = sender.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = sender.exchange(ec.ECDH(), receiver)
    salt = salt or os.urandom(16)
    secret = _derive(shared, auth, b"WebPush: info\x00" + public_key + ours, 32)
    key = _derive(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derive(secret, salt, b"Content-Encoding: nonce\x00", 12)
    sealed = AESGCM(key).encrypt(nonce, message + _LAST_RECORD, None)
    return salt + _RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours + sealed


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256  # lazy: see encrypt
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), length, salt, info).derive(secret)


def _authorization(origin: str) -> str:
    """The header that says who sends, signed for this push service. Source: RFC 8292, sections 2 and 3."""
    import jwt  # lazy: see encrypt

    subject = settings().vapid_subject or f"mailto:{settings().mail_from}"
    until = int(clock.now().timestamp()) + _SIGNED_FOR
    claims: dict[str, Any] = {"aud": origin, "exp": until, "sub": subject}
    token = jwt.encode(claims, _private_key(_secret(), settings().vapid_public_key), algorithm="ES256")
    return f"vapid t={token}, k={settings().vapid_public_key}"


def _secret() -> str:
    if settings().vapid_private_key or not settings().vapid_private_key_parameter:
        return settings().vapid_private_key
    return aws.parameter(settings().vapid_private_key_parameter)


@cache
def _private_key(secret: str, public: str) -> "EllipticCurvePrivateKey":
    """The signing key of these two settings. Raises NotConfigured, quoting neither."""
    from cryptography.hazmat.primitives.asymmetric import ec  # lazy: see encrypt
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        key = ec.derive_private_key(int.from_bytes(octets(secret), "big"), ec.SECP256R1())
    except ValueError:
        raise NotConfigured("VAPID_PRIVATE_KEY is no private key of P-256 in base64url") from None
    if key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) != octets(public):
        raise NotConfigured("VAPID_PUBLIC_KEY is not the public key of VAPID_PRIVATE_KEY")
    return key


def _is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
