"""Obsolete log of password reset requests, from releases before the rate limit service.

Their processes may still write during a deployment; the table is dropped in the next release.
"""

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock, db
from chalicelib.db import Model
from chalicelib.resources.columns import CreatedAt


class PasswordResetRequest(Model):
    """One request, for a known or unknown address."""

    __tablename__ = "password_reset_requests"
    email: Mapped[str] = mapped_column(index=True)
    source_ip: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[CreatedAt]


def forget_old() -> int:
    """Delete what does not count any more. Returns how many."""
    old = PasswordResetRequest.created_at <= clock.now() - timedelta(hours=1)
    with db.transaction() as session:
        return db.execute_counted(session, delete(PasswordResetRequest).where(old))
