"""The content of a notification, shared by all its recipients: what happened, and who did it."""

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Table
from sqlalchemy.orm import Mapped

from chalicelib.db import Model

notification_actors = Table(
    "notification_actors",
    Model.metadata,
    Column(
        "content_id", BigInteger, ForeignKey("notification_contents.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("user_id", BigInteger, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class NotificationContent(Model):
    """`type` is the kind of notification, `target_*` what it is about; `details` are short facts about the
    target for clients, such as {"event": {"id": 1, "name": "..."}}.
    """

    __tablename__ = "notification_contents"
    type: Mapped[str]
    target_type: Mapped[str | None]
    target_id: Mapped[int | None]
    target_action: Mapped[str | None]
    title: Mapped[str | None]
    message: Mapped[str | None]
    details: Mapped[dict[str, Any] | None]
