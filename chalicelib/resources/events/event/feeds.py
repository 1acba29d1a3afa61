"""Addresses of an event's feeds, for as long as its schedule is published."""

from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.fields import Computed, Schema
from chalicelib.jsonapi.rights.viewer_parameters import API_ADDRESS


def _address(ending: str, after: str) -> Computed:
    """The public address of a feed, null unless event and schedule are published."""
    return Computed(
        "text",
        sql(
            *("CASE WHEN ", ROW["state"], " = 'published' AND ", ROW["schedule_published_on"]),
            *(" IS NOT NULL THEN ", API_ADDRESS, " || '/v1/events/' || ", ROW["identifier"]),
            f" || '{ending}' END",
        ),
        metadata={"after": after, "example": f"https://api.example.org/v1/events/3d5ab9c8{ending}"},
    )


class FeedsShown(Schema):
    """Where calendars and schedules of the event are, which are written when they are asked for."""

    pentabarf_url = _address("/schedule.xml", after="created_at")
    ical_url = _address(".ics?include_sessions", after="pentabarf_url")
    xcal_url = _address(".xcs", after="ical_url")
