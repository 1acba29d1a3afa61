"""Encrypted entries of a door's list: found and read with the text of the ticket's code alone.

HKDF (RFC 5869, HMAC-SHA-256) gives from a code a lookup tag and a key; an entry is encrypted by XOR with a
key as long as itself (as SEC 1, 3.8, does), bound to its content by a synthetic initialization vector (as
RFC 5297). So the same content gives the same bytes, another one another key, and what was changed is not
read. docs/door.md describes it for those who read it elsewhere.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

FORMAT: Final = 1
TAG_BYTES: Final = 6
_KEY_BYTES: Final = 16
_CHECK_BYTES: Final = 8
_STEP: Final = 8  # lengths are rounded up to it, so that they tell less
_HASH: Final = "sha256"
_NO_SALT: Final = bytes(32)
_TAGGED, _WRAPPED = 1, 2


def salt_of(event: str) -> bytes:
    """The salt of an event with this identifier: texts give other tags and keys at other events."""
    return sha256(b"open-event-door-1 " + event.encode()).digest()[:16]


def canonical(text: str) -> bytes:
    """The bytes of a code's text: the former ones are read in any case."""
    stripped = text.strip()
    return (stripped if stripped.startswith("OE") else stripped.lower()).encode()


@dataclass(frozen=True, slots=True)
class CodeSecret:
    """What follows from a code's text: HKDF's pseudorandom key."""

    prk: bytes

    @classmethod
    def of(cls, salt: bytes, text: str) -> "CodeSecret":
        """The secret of a code at the event with this salt."""
        return cls(hmac.digest(salt, canonical(text), _HASH))

    @property
    def tag(self) -> bytes:
        """By which the code is found."""
        return _expanded(self.prk, b"tag", TAG_BYTES)

    @property
    def key(self) -> bytes:
        """By which the entry is read."""
        return _expanded(self.prk, b"key", _KEY_BYTES)

    @property
    def wrapping(self) -> bytes:
        """By which the key of another text is read."""
        return _expanded(self.prk, b"wrap", _KEY_BYTES)


def seal(id: int, content: bytes, key: bytes, tag: bytes = b"", wrapping: bytes = b"") -> bytes:
    """The entry of an attendee: flags, the tag if any, the wrapped key if any, the check, the ciphertext."""
    padded = content + b" " * (-len(content) % _STEP)
    check = _check(key, id, padded)
    flags = (_TAGGED if tag else 0) | (_WRAPPED if wrapping else 0)
    wrapped = _xor(key, wrapping) if wrapping else b""
    return b"".join([bytes([flags]), tag, wrapped, check, _xor(padded, _stream(key, check, len(padded)))])


def unseal(id: int, entry: bytes, key: bytes | None, wrapping: bytes = b"") -> bytes | None:
    """The content, by the key, or by what wraps it where it is wrapped; None by a wrong one."""
    at = 1 + (TAG_BYTES if entry[0] & _TAGGED else 0)
    if entry[0] & _WRAPPED:
        wrapped, at = entry[at : at + _KEY_BYTES], at + _KEY_BYTES
        key = _xor(wrapped, wrapping) if wrapping else key
    if key is None:
        return None
    check, sealed = entry[at : at + _CHECK_BYTES], entry[at + _CHECK_BYTES :]
    content = _xor(sealed, _stream(key, check, len(sealed)))
    return content.rstrip(b" ") if hmac.compare_digest(check, _check(key, id, content)) else None


def _check(key: bytes, id: int, padded: bytes) -> bytes:
    return hmac.digest(key, b"check" + id.to_bytes(8, "big") + padded, _HASH)[:_CHECK_BYTES]


def _stream(key: bytes, check: bytes, length: int) -> bytes:
    return _expanded(hmac.digest(_NO_SALT, key, _HASH), b"text" + check, length)


def _expanded(prk: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand (RFC 5869, 2.3)."""
    block, stream = b"", b""
    for place in range(1, -(-length // 32) + 1):
        block = hmac.digest(prk, block + info + bytes([place]), _HASH)
        stream += block
    return stream[:length]


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")
