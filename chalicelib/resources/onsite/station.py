"""Stations: desks and doors of an event where people are registered and checked in and out."""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Table
from sqlalchemy.orm import Mapped

from chalicelib.auth.roles import REGISTRARS
from chalicelib.db import Model, linked_to, owned_by
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Computed, Schema, ToMany, ToOne, attr, fields, validate
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.resources.onsite.door_device import revoke_at
from chalicelib.resources.policies import has_role, organizers_write

REGISTRATION: Final = "registration"
DAILY: Final = "daily"
CHECK_IN: Final = "check in"
CHECK_OUT: Final = "check out"


stations_tickets = Table(
    "stations_tickets",
    Model.metadata,
    Column("station_id", BigInteger, ForeignKey("stations.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "ticket_id", BigInteger, ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)


class Station(Model):
    __tablename__ = "stations"
    station_name: Mapped[str] = attr(fields.Line, required=True, validate=validate.Length(1))
    station_type: Mapped[str] = attr(required=True, choices=[REGISTRATION, DAILY, CHECK_IN, CHECK_OUT])
    # From when it lets people in, and how many may be inside its room for one session; null: always,
    # any number.
    opens_at: Mapped[datetime | None] = attr()
    capacity: Mapped[int | None] = attr(minimum=1, maximum=1_000_000)
    event_id: Mapped[int] = owned_by("events.id")
    microlocation_id: Mapped[int | None] = linked_to("microlocations.id")


class StationSchema(Schema):
    microlocation_id = fields.Int(dump_only=True)
    room = Computed(
        "text", sql("SELECT place.room FROM microlocations place WHERE place.id = ", ROW["microlocation_id"])
    )
    event = ToOne(
        "event",
        inverse="station",
        inverse_paths=("stations",),
        inverse_creates=True,
        inverse_scope=has_role(REGISTRARS, "id"),
        required=True,
    )
    microlocation = ToOne(
        "microlocation",
        inverse="stations",
        inverse_creates=True,
        inverse_scope=has_role(REGISTRARS),
        same_parent="event",
    )
    # Which tickets it admits; none: all.
    tickets = ToMany(
        "ticket",
        through="stations_tickets",
        left="station_id",
        right="ticket_id",
        same_parent="event",
    )


def stand_at_a_room(_context: Context, change: Change) -> None:
    """Stations for check-in and check-out must have a room."""
    row = change.row
    if row.station_type in {CHECK_IN, CHECK_OUT} and row.microlocation_id is None:
        raise invalid(
            f"A station for {row.station_type} needs a microlocation.", "/data/relationships/microlocation"
        )


def revoke_its_devices(context: Context, change: Change) -> None:
    """Devices that were paired to this station are for no other."""
    revoke_at(context.session, change.row.id)


STATION = Resource(
    "station",
    Station,
    StationSchema,
    path="stations",
    aliases=["station"],
    methods=EVERYTHING - {"list"},
    policy=organizers_write(),
    before_write=[stand_at_a_room],
    before_delete=[revoke_its_devices],
)
