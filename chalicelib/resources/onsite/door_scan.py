"""Scans at the door: an idempotency key (nonce) for each, with what the gate decided. They are no resource
type.
"""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model, linked_to, owned_by
from chalicelib.resources.columns import FalseInDatabase


class DoorScan(Model):
    """One scan: `scanned_at` by the device's clock, `received_at` by ours. `reason` is null while it is
    decided.

    `fingerprint` is a hash of what was asked, so that another scan does not get this one's answer.
    `was_let_in` is what happened, and `reason` what the gate says of it: they differ where a device has
    decided offline (`is_offline`, `offline_reason`). `place` names where somebody can be inside once; `clock`
    says whether the device's time was corrected.
    """

    __tablename__ = "door_scans"
    nonce: Mapped[str]
    fingerprint: Mapped[str]
    scanned_at: Mapped[datetime]
    received_at: Mapped[datetime]
    direction: Mapped[str | None]
    reason: Mapped[str | None]
    since: Mapped[str | None]
    is_forced: Mapped[FalseInDatabase] = mapped_column()
    is_offline: Mapped[bool | None]
    was_let_in: Mapped[bool | None]
    offline_reason: Mapped[str | None]
    place: Mapped[str | None]
    clock: Mapped[str | None]
    device_name: Mapped[str | None]
    event_id: Mapped[int] = owned_by("events.id", index=False)
    # Whoever is removed for good is in no scan any more.
    attendee_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("attendees.id", ondelete="CASCADE"), index=True, nullable=True
    )
    station_id: Mapped[int | None] = linked_to("stations.id")
    user_id: Mapped[int | None] = linked_to("users.id")
    device_id: Mapped[int | None] = linked_to("door_devices.id")

    __table_args__ = (
        UniqueConstraint("event_id", "nonce", name="uq_door_scans_nonce"),
        Index("ix_door_scans_event_id_id", "event_id", "id"),
    )
