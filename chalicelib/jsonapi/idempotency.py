"""Answers that are kept for a day, so that a request that is sent again is not done again."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from chalicelib.db import Model


class IdempotencyKey(Model):
    """The answer to a caller's request with this key. `fingerprint` tells whether a request is the same."""

    __tablename__ = "idempotency_keys"
    caller: Mapped[str]
    key: Mapped[str]
    fingerprint: Mapped[str]
    status: Mapped[int]
    headers: Mapped[dict[str, Any]]
    body: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("caller", "key"),
        Index("ix_idempotency_keys_created_at", "created_at"),
    )
