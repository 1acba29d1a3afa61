"""Leads: attendees whom an exhibitor has scanned with their consent: tables, which are no resource types.

An event's settings have versions, which are never changed: a consent refers to the wording and the fields
that the attendee has seen.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model, linked_to, owned_by


class LeadSetting(Model):
    """What an event hands over, and what its attendees are told of it; the newest version counts."""

    __tablename__ = "lead_settings"
    version: Mapped[int]
    is_enabled: Mapped[bool]
    fields: Mapped[list[str]] = mapped_column(JSONB)
    wording: Mapped[str]
    since: Mapped[datetime]
    event_id: Mapped[int] = owned_by("events.id", index=False)

    __table_args__ = (UniqueConstraint("event_id", "version", name="uq_lead_settings_version"),)


class LeadConsent(Model):
    """What an attendee has decided for all exhibitors, having read this version."""

    __tablename__ = "lead_consents"
    is_given: Mapped[bool]
    decided_at: Mapped[datetime]
    version: Mapped[int]
    attendee_id: Mapped[int] = owned_by("attendees.id", index=False)

    __table_args__ = (UniqueConstraint("attendee_id", name="uq_lead_consents_attendee_id"),)


class Lead(Model):
    """An attendee, to an exhibitor: one lead. `is_agreed_at_scan`: on the device, and not before by
    themselves.
    """

    __tablename__ = "leads"
    scanned_at: Mapped[datetime]
    consented_at: Mapped[datetime]
    is_agreed_at_scan: Mapped[bool]
    version: Mapped[int]
    note: Mapped[str | None]
    rating: Mapped[int | None]
    noted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    exhibitor_id: Mapped[int] = owned_by("exhibitors.id", index=False)
    attendee_id: Mapped[int] = owned_by("attendees.id")
    device_id: Mapped[int | None] = linked_to("lead_devices.id")

    __table_args__ = (
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        UniqueConstraint("exhibitor_id", "attendee_id", name="uq_leads_attendee"),
    )


class LeadScan(Model):
    """One scan of an exhibitor's: an idempotency key (nonce), and what became of it."""

    __tablename__ = "lead_scans"
    nonce: Mapped[str]
    fingerprint: Mapped[str]
    received_at: Mapped[datetime]
    reason: Mapped[str | None]
    exhibitor_id: Mapped[int] = owned_by("exhibitors.id", index=False)
    lead_id: Mapped[int | None] = linked_to("leads.id")

    __table_args__ = (UniqueConstraint("exhibitor_id", "nonce", name="uq_lead_scans_nonce"),)
