"""Who asked for reset mails, as releases before the service of rate limits kept it.

Their processes may still write here while a release goes out; the table goes with the next one.
"""

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock, db
from chalicelib.db import Model
from chalicelib.resources.columns import CreatedAt


class PasswordResetRequest(Model):
    """One request, whether or not there is an account with that address."""

    __tablename__ = "password_reset_requests"
    email: Mapped[str] = mapped_column(index=True)
    source_ip: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[CreatedAt]


def forget_old() -> None:
    """Remove what nobody counts any more."""
    old = PasswordResetRequest.created_at <= clock.now() - timedelta(hours=1)
    with db.transaction() as session:
        session.execute(delete(PasswordResetRequest).where(old))
