"""Head counts: the number of people counted at a station in a session."""

from datetime import datetime

from sqlalchemy.orm import Mapped

from chalicelib import clock
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import logged_in, visible_with
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.resources.columns import CreatedAt
from chalicelib.resources.onsite.same_event import demand_same_event
from chalicelib.resources.policies import organizers_write


class StationStorePax(Model):
    __tablename__ = "station_store_paxs"
    current_pax: Mapped[int] = attr(required=True, minimum=0, default=0)
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    modified_at: Mapped[datetime] = attr(read_only=True, default=clock.now, onupdate=clock.now)
    station_id: Mapped[int] = owned_by("stations.id")
    session_id: Mapped[int] = owned_by("sessions.id")


class StationStorePaxSchema(Schema):
    station = ToOne("station", inverse="station-store-paxs", required=True, inverse_scope=logged_in)
    session = ToOne("session", inverse="station-store-paxs", required=True, inverse_scope=logged_in)


def count_at_the_same_event(context: Context, change: Change) -> None:
    """Station and session must belong to the same event."""
    row = change.row
    if change.is_new or {"station_id", "session_id"} & change.before.keys():
        demand_same_event(context, row.station_id, "sessions", row.session_id, "session")


STATION_STORE_PAX = Resource(
    "station-store-pax",
    StationStorePax,
    StationStorePaxSchema,
    path="station-store-paxs",
    methods=EVERYTHING - {"list"},
    policy=organizers_write("station.event").replace(see=visible_with("station") & visible_with("session")),
    before_write=[count_at_the_same_event],
)
