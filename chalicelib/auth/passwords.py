"""Password hashing (argon2id) and the password policy.

Verification takes as long for unknown accounts as for known ones (no timing oracle). The hash of a former
server takes a little longer, until its account has signed in once.
"""

import secrets
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final

from chalicelib.auth import former_hashes
from chalicelib.auth.worst_passwords import WORST

if TYPE_CHECKING:
    from argon2 import PasswordHasher


SHORTEST: Final = 8
LONGEST: Final = 1024  # characters: limits the cost of hashing, which anybody can request


class Unfit(ValueError):
    """The password violates the policy. The text says why, without repeating it."""


def fit(password: str) -> str:
    """The password, if the policy allows it. Raises Unfit."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Unfit(f"A password has {SHORTEST} to {LONGEST} characters.")
    if not any(letter.isprintable() and not letter.isspace() for letter in password):
        raise Unfit("A password is not made of blanks alone.")
    plain = "".join(
        character
        for character in unicodedata.normalize("NFKC", password)
        if unicodedata.category(character) != "Cf"
    )
    if plain.strip().lower() in WORST:
        raise Unfit("This password is one of those that are tried first: choose another one.")
    return password


def hashed(password: str) -> str:
    """The argon2id hash of a new password, with salt and parameters. Raises Unfit."""
    return _hasher().hash(fit(password))


def hashed_again(password: str) -> str:
    """The hash with today's parameters, for an existing password; the policy is not applied."""
    return _hasher().hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Whether `stored` is the hash of this password.

    With None (no such account, or one without password) it takes as long and returns False, so that the time
    does not tell whether an address is registered. A password that is too long never matches.
    """
    if len(password) > LONGEST:
        return False
    if stored is not None and former_hashes.is_former(stored):
        return former_hashes.matches(password, stored)
    from argon2.exceptions import InvalidHashError, VerificationError  # lazy: see _hasher

    try:
        _hasher().verify(stored or _hash_of_nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored)  # a match with the dummy hash does not count


def is_outdated(stored: str) -> bool:
    """Whether the hash has other parameters than today's, or is a former server's; rehash at the next
    sign-in.
    """
    return former_hashes.is_former(stored) or _hasher().check_needs_rehash(stored)


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # lazy: 20 ms, and most requests check no password

    # OWASP's parameters for one thread: a small Lambda function has less than one core.
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _hash_of_nobody() -> str:
    return hashed(secrets.token_hex())
