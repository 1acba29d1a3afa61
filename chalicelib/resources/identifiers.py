"""Random identifiers and tokens, and slugs made of names."""

import hashlib
import re
import secrets
import unicodedata
from typing import Any

from chalicelib import db
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context

_LENGTH = 8


def new_identifier() -> str:
    """Eight random hexadecimal characters, at least one of them a letter.

    An identifier is accepted wherever an id is, so it must never look like a number.
    """
    while True:
        identifier = secrets.token_hex(_LENGTH // 2)
        if not identifier.isdecimal():
            return identifier


def new_attendee_identifier() -> str:
    """Six random hexadecimal digits: with the order's identifier in front they are the ticket's QR code."""
    return secrets.token_hex(3)


def new_token() -> str:
    """A random secret of 256 bits, for links and addresses."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """The stored form of a token of new_token(), which is shown once and never stored itself."""
    # A token has 256 random bits: brute force is hopeless, so a fast hash suffices.
    return hashlib.sha256(token.encode()).hexdigest()


def slug(name: str) -> str:
    """The name in lower case, with dashes for everything that is not a letter or digit.

    "" for names without any Latin letter or digit.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def keep_slug(context: Context, change: Change) -> None:
    """Hook: the slug follows the name, with a random suffix if another row has it."""
    row: Any = change.row
    if not change.is_new and "name" not in change.before:
        return
    candidate = slug(row.name) or new_identifier()
    taken = db.fetch(
        context.session,
        f"SELECT 1 FROM {row.__tablename__} WHERE slug = $1 AND id IS DISTINCT FROM $2::bigint",  # noqa: S608
        [candidate, row.id],
    )
    row.slug = f"{candidate}-{new_identifier()}" if taken else candidate
