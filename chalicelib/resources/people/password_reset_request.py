"""Remembers for an hour who asked for reset mails, so that nobody's mailbox is flooded."""

from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model
from chalicelib.resources.columns import CreatedAt


class PasswordResetRequest(Model):
    """One request, whether or not there is an account with that address."""

    __tablename__ = "password_reset_requests"
    email: Mapped[str] = mapped_column(index=True)
    source_ip: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[CreatedAt]
