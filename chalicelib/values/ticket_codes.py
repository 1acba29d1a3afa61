"""Signed codes of tickets, version 1: a prefix, and base64url of what is signed with its signature
(Ed25519, RFC 8032).

Signed are 18 bytes behind a context: the key's id (4 bytes, big-endian), the attendee's id (6) and a random
serial (8). docs/door.md describes it for those who verify offline.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Final

PREFIX: Final = "OE1:"  # the version is part of it
CONTEXT: Final = b"open-event-ticket-1"
SERIAL_BYTES: Final = 8
_SIGNATURE_BYTES: Final = 64
_PAYLOAD_BYTES: Final = 4 + 6 + SERIAL_BYTES


@dataclass(frozen=True, slots=True)
class Payload:
    """What a code says: by which key, whose ticket it is, and which of the ticket's codes (hexadecimal)."""

    key_id: int
    attendee_id: int
    serial: str

    @property
    def packed(self) -> bytes:
        """The 18 bytes of it."""
        ids = self.key_id.to_bytes(4, "big") + self.attendee_id.to_bytes(6, "big")
        return ids + bytes.fromhex(self.serial)

    @property
    def signed(self) -> bytes:
        """What the signature is of."""
        return CONTEXT + self.packed

    def text(self, signature: bytes) -> str:
        """The code, of 114 characters."""
        return PREFIX + base64.urlsafe_b64encode(self.packed + signature).decode().rstrip("=")


def read(text: str) -> Payload | None:
    """What a code says, without a look at its signature; None for other texts."""
    encoded = text.removeprefix(PREFIX)
    if encoded == text:
        return None
    try:
        content = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(content) != _PAYLOAD_BYTES + _SIGNATURE_BYTES:
        return None
    key_id, attendee_id = int.from_bytes(content[:4], "big"), int.from_bytes(content[4:10], "big")
    return Payload(key_id, attendee_id, content[10:_PAYLOAD_BYTES].hex())
