"""Passwords: kept only as argon2id hashes, and as slow to guess for unknown people as for known ones."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher


def hashed(password: str) -> str:
    """The text to store for a password; it carries its own salt and parameters."""
    return _hasher().hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Whether `stored` was made from this password.

    With None (no such account, or one without password) it takes as long and answers False,
    so that the time does not tell whether an address is registered.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        _hasher().verify(stored or _hash_of_nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored)  # the stand-in hash belongs to nobody, whatever was guessed


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's; hash again at the next sign-in."""
    return _hasher().check_needs_rehash(stored)


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # 20 ms to import, and most requests check no password

    # OWASP's choice for one thread: a small Lambda function has less than one core to itself.
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _hash_of_nobody() -> str:
    import secrets

    return hashed(secrets.token_hex())
