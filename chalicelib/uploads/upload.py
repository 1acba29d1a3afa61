"""An upload and its state: pending, then ready or refused."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model
from chalicelib.jsonapi.model.markup import sanitize
from chalicelib.settings import settings

PENDING: Final = "pending"
READY: Final = "ready"
REFUSED: Final = "refused"

LONGEST_NAME: Final = 255  # of a file, in characters
INCOMING: Final = "incoming/"  # where clients upload to
REMOVAL: Final = "remove_object"  # the task that deletes a media object
FOREVER: Final = "public, max-age=31536000, immutable"  # a year; media objects are never overwritten


class Upload(Model):
    """One upload. `key` is its id for clients; the owner is the row that gets the URL."""

    __tablename__ = "uploads"
    key: Mapped[str] = mapped_column(unique=True)
    slot: Mapped[str]
    owner_id: Mapped[int] = mapped_column(BigInteger)
    creator_id: Mapped[int] = mapped_column(BigInteger)
    file_name: Mapped[str]
    declared_size: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(default=PENDING)
    reason: Mapped[str | None]
    mime_type: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    media_key: Mapped[str | None]
    renditions: Mapped[dict[str, Any] | None]
    # By attribute, as on the owner: size and placeholder of each image.
    image_details: Mapped[dict[str, Any] | None]
    # The owner's former values, restored if the file turns out to be no image.
    former: Mapped[dict[str, Any] | None]
    trace: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(state.in_((PENDING, READY, REFUSED)), name="state"),
        Index("ix_uploads_slot_owner_id", "slot", "owner_id"),
    )

    @property
    def incoming_key(self) -> str:
        """The object key that the client uploads to."""
        return INCOMING + self.key

    @property
    def url(self) -> str | None:
        """The public URL, once there is one."""
        return public_url(self.media_key) if self.media_key else None


def clean_name(name: str) -> str | None:
    """A file's own name as it is kept: without folders and markup. None unless it is printable and short."""
    if not (name.strip() and name.isprintable() and len(name) <= LONGEST_NAME):
        return None
    return sanitize(name).replace("\\", "/").rpartition("/")[2].strip() or "file"


def public_url(key: str) -> str:
    """The public URL of a media object."""
    return f"{settings().media_url}/{key}"
