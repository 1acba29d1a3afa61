"""The table of stored answers by Idempotency-Key, which idempotency.py reads and writes."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from chalicelib import clock, db
from chalicelib.db import Model
from chalicelib.jsonapi.http.idempotency import KEPT_FOR


class IdempotencyKey(Model):
    """The stored answer to a caller's request with this key.

    `fingerprint` is an HMAC of the request, to refuse another one with the same key; `standing` is a digest
    of the caller's permissions at that time.
    """

    __tablename__ = "idempotency_keys"
    caller: Mapped[str]
    key: Mapped[str]
    fingerprint: Mapped[str]
    status: Mapped[int]
    headers: Mapped[dict[str, Any]]
    body: Mapped[str]
    created_at: Mapped[datetime]
    standing: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("caller", "key"),
        Index("ix_idempotency_keys_created_at", "created_at"),
    )


def forget_old() -> int:
    """Delete expired answers. Returns how many."""
    return db.delete_until(IdempotencyKey.created_at, clock.now() - KEPT_FOR)
