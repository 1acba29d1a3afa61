"""The exported list of an event's check-ins at its stations."""

from typing import Final

from chalicelib.exports.columns import Kind, attribute, column
from chalicelib.exports.export import Export, event_of, of_event

_SPEAKERS: Final = (
    "(SELECT string_agg(speaker.name, '; ' ORDER BY speaker.id) FROM speakers_sessions link "
    "JOIN speakers speaker ON speaker.id = link.speaker_id AND speaker.deleted_at IS NULL "
    "WHERE link.session_id = talk.id)"
)

CHECK_INS: Final = Export(
    "check-ins",
    "user_check_in",
    event_of,
    of_event("desk.event_id"),
    columns=(
        column("ticket-id", "Ticket Id", "bought.identifier || '-' || person.identifier"),
        column("date-time", "Date Time", "t.created_at", Kind.MOMENT),
        column("track-name", "Track Name", "track.name"),
        column("session-name", "Session Name", "talk.title"),
        column("speaker-name", "Speaker Name", _SPEAKERS),
        column("type", "Type", "desk.station_type"),
        column("station", "Station", "desk.station_name"),
        column("room", "Room", "place.name"),
        column("first-name", "First Name", "person.firstname"),
        column("last-name", "Last Name", "person.lastname"),
        attribute("attendee", "Email", "email", alias="person"),
        column("ticket-name", "Ticket Name", "ticket.name"),
    ),
    listed=("date-time", "first-name", "last-name", "type", "station", "session-name", "track-name"),
    order="t.created_at DESC, t.id DESC",
    base="JOIN stations desk ON desk.id = t.station_id",
    joins=(
        "JOIN attendees person ON person.id = t.ticket_holder_id "
        "JOIN tickets ticket ON ticket.id = person.ticket_id "
        "LEFT JOIN orders bought ON bought.id = person.order_id "
        "LEFT JOIN sessions talk ON talk.id = t.session_id AND talk.deleted_at IS NULL "
        "LEFT JOIN tracks track ON track.id = talk.track_id AND track.deleted_at IS NULL "
        "LEFT JOIN microlocations place ON place.id = desk.microlocation_id AND place.deleted_at IS NULL"
    ),
    known="station.event",
)
