"""SQL and examples of what the link of a mail shows: a ticket's event, and what its form asks."""

from typing import Any, Final

# SQL of a JSON object, about `event`.
EVENT: Final = """json_build_object('identifier', event.identifier, 'name', event.name,
    'starts-at', event.starts_at, 'ends-at', event.ends_at, 'timezone', event.timezone,
    'location-name', event.location_name)"""
EVENT_EXAMPLE: Final[dict[str, Any]] = {
    "identifier": "a1b2c3d4",
    "name": "Compiler Days",
    "starts-at": "2031-05-01T09:00:00+00:00",
    "ends-at": "2031-05-02T18:00:00+00:00",
    "timezone": "Europe/Berlin",
    "location-name": "Berlin",
}
# SQL of a JSON list, about `event` and `ticket`: internal fields are not for attendees.
QUESTIONS: Final = """coalesce((
    SELECT json_agg(json_build_object('name', field.name, 'field-identifier', field.field_identifier,
      'type', field.type, 'is-required', field.is_required) ORDER BY field.position, field.id)
    FROM custom_forms field WHERE field.event_id = event.id AND field.form = 'attendee'
      AND field.is_included AND NOT field.is_internal
      AND coalesce(field.form_id, '') = coalesce(ticket.form_id, '')
  ), '[]')"""
