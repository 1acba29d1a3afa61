"""Passwords: one rule for all of them, kept only as argon2id hashes, and slow to guess.

It takes as long to guess those of unknown people as those of known ones.
"""

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from argon2 import PasswordHasher


SHORTEST: Final = 8
LONGEST: Final = 1024  # characters: hashing takes longer for longer ones, and anybody may ask for it


class Unfit(ValueError):
    """A password that nobody should have. The words say why, and do not repeat it."""


def fit(password: str) -> str:
    """The password, if it may be somebody's. Raises Unfit."""
    from chalicelib.auth.worst_passwords import WORST

    if not SHORTEST <= len(password) <= LONGEST:
        raise Unfit(f"A password has {SHORTEST} to {LONGEST} characters.")
    if not any(letter.isprintable() and not letter.isspace() for letter in password):
        raise Unfit("A password is not made of blanks alone.")
    plain = "".join(
        one for one in unicodedata.normalize("NFKC", password) if unicodedata.category(one) != "Cf"
    )
    if plain.strip().lower() in WORST:
        raise Unfit("This password is one of those that are tried first: choose another one.")
    return password


def hashed(password: str) -> str:
    """The text to store for a new password; it carries its own salt and parameters. Raises Unfit."""
    return _hasher().hash(fit(password))


def hashed_again(password: str) -> str:
    """The same with today's parameters, for a password that is somebody's already, whatever it is."""
    return _hasher().hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Whether `stored` was made from this password.

    With None (no such account, or one without password) it takes as long and answers False,
    so that the time does not tell whether an address is registered. One that is too long is nobody's, and
    not looked at.
    """
    if len(password) > LONGEST:
        return False
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
