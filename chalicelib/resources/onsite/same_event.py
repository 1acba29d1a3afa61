"""Sessions and attendees at a station must belong to its event."""

from typing import Literal

from chalicelib import db
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.model.context import Context


def demand_same_event(
    context: Context, station_id: int, table: Literal["sessions", "attendees"], id: int, relation: str
) -> None:
    """Raise Problem 422 unless the row `id` of the table belongs to the event of the station."""
    rows = db.fetch(
        context.session,
        f"SELECT 1 FROM stations JOIN {table} other ON other.event_id = stations.event_id "  # noqa: S608 - no user input
        "WHERE stations.id = $1 AND other.id = $2 AND other.deleted_at IS NULL",
        [station_id, id],
        flush=False,
    )
    if not rows:
        raise invalid(
            f"The {relation} belongs to another event than the station.", f"/data/relationships/{relation}"
        )
