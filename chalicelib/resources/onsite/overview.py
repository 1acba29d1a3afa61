"""SQL aggregates of an event's door: sold, come and inside, by kind, gate, day and hour.

They read what all lists read, so that every way of checking in counts. Times that are no timestamps of
ISO 8601, as former clients may have sent, count for the gate, and for no hour.
"""

from typing import Final

from chalicelib.resources.onsite.door_marks import EPOCH, KNOWN_FROM, OLDEST, door_marks
from chalicelib.resources.onsite.station import CHECK_OUT
from chalicelib.resources.orders.order import states
from chalicelib.values.zones import zone_sql

_MINUTE: Final = r"^[1-9]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[T ]([01]\d|2[0-3]):[0-5]\d$"
_OFFSET: Final = r"[-+](0\d|1[0-4]):?[0-5]\d$"


def _listed(column: str, is_out: bool) -> str:
    """SQL: passages at the event's own door, in a list of times with commas between: few have one."""
    return f"""
    SELECT {is_out} AS is_out, btrim(guest.{column}) AS text FROM guest
    WHERE guest.{column} <> '' AND strpos(guest.{column}, ',') = 0
    UNION ALL
    SELECT {is_out}, btrim(part) FROM guest, LATERAL string_to_table(guest.{column}, ',') part
    WHERE strpos(guest.{column}, ',') > 0 AND btrim(part) <> \'\'"""  # noqa: S608 - no user input


# SQL: the moment of each.minute and each.rest, or null. No text makes it fail: there are days such as
# February 31.
_MOMENT: Final = f"""CASE WHEN each.minute ~ '{_MINUTE}' THEN (
      ((left(each.minute, 7) || '-01')::date + (substr(each.minute, 9, 2)::int - 1)
        + substr(each.minute, 12, 5)::time)
      - coalesce(regexp_replace(substring(each.rest from '({_OFFSET})'), ':?(\\d\\d)$', ':\\1')::interval,
        '0')
    ) AT TIME ZONE 'UTC' END"""
_PEOPLE: Final = (
    "'sold', count(guest.id), 'came', count(*) FILTER (WHERE guest.has_come), "
    "'inside', count(*) FILTER (WHERE guest.is_inside)"
)
# About the row "event"; $4 is a day in its zone, or null for the last one on which somebody passed a gate.
OVERVIEW: Final = f"""(
  WITH known AS MATERIALIZED (
    SELECT known.zone FROM (SELECT {zone_sql("event.timezone")} AS zone OFFSET 0) known
  ), step AS MATERIALIZED (
    SELECT seen.ticket_holder_id, gate.id AS station_id, gate.station_type = '{CHECK_OUT}' AS is_out,
      seen.created_at
    FROM stations gate JOIN user_check_ins seen ON seen.station_id = gate.id WHERE gate.event_id = event.id
  ), guest AS MATERIALIZED (
    SELECT person.id, person.ticket_id, person.checkin_times, person.checkout_times,
      person.is_checked_in AND NOT person.is_checked_out AS is_inside,
      person.is_checked_in OR person.id IN (SELECT ticket_holder_id FROM step WHERE NOT is_out) AS has_come
    FROM attendees person JOIN orders bought ON bought.id = person.order_id
    WHERE person.event_id = event.id AND person.deleted_at IS NULL AND {states.admits("bought", "event")}
  ), noted AS MATERIALIZED (
    SELECT each.is_out, left(each.text, 16) AS minute, CASE WHEN right(each.text, 1) <> 'Z' THEN
      right(each.text, 6) END AS rest, count(*) AS number
    FROM ({_listed("checkin_times", False)} UNION ALL {_listed("checkout_times", True)}) each GROUP BY 1, 2, 3
  ), moved (station_id, is_out, at, number) AS (
    SELECT step.station_id, step.is_out, step.created_at, 1
    FROM step JOIN guest ON guest.id = step.ticket_holder_id
    UNION ALL SELECT NULL, each.is_out, {_MOMENT}, each.number FROM noted each
  ), passage AS MATERIALIZED (
    SELECT moved.station_id, moved.is_out, date_trunc('hour', moved.at AT TIME ZONE known.zone) AS hour,
      sum(moved.number) AS number FROM moved, known GROUP BY 1, 2, 3
  ), shown AS MATERIALIZED (
    SELECT coalesce($4::date, max(passage.hour)::date) AS day FROM passage
  )
  SELECT json_build_object(
    'event', json_build_object('id', event.id::text, 'name', event.name, 'timezone', event.timezone,
      'starts_at', event.starts_at, 'ends_at', event.ends_at),
    'total', (SELECT json_build_object({_PEOPLE}) FROM guest),
    'kinds', (
      SELECT coalesce(json_agg(kind.told ORDER BY kind.position, kind.id), '[]') FROM (
        SELECT ticket.id, ticket.position,
          json_build_object('id', ticket.id::text, 'name', ticket.name, {_PEOPLE}) AS told
        FROM tickets ticket JOIN guest ON guest.ticket_id = ticket.id GROUP BY ticket.id
      ) kind
    ),
    'gates', (
      SELECT coalesce(json_agg(json_build_object('station', gate.id::text, 'name', gate.name,
        'kind', gate.kind, 'in', coalesce(counted.entries, 0), 'out', coalesce(counted.exits, 0))
        ORDER BY gate.id NULLS FIRST), '[]')
      FROM (
        SELECT NULL::bigint AS id, NULL AS name, NULL AS kind UNION ALL
        SELECT gate.id, gate.station_name, gate.station_type FROM stations gate WHERE gate.event_id = event.id
      ) gate LEFT JOIN (
        SELECT station_id, sum(number) FILTER (WHERE NOT is_out) AS entries,
          sum(number) FILTER (WHERE is_out) AS exits FROM passage GROUP BY station_id
      ) counted ON counted.station_id IS NOT DISTINCT FROM gate.id
    ),
    'days', (
      SELECT coalesce(json_agg(json_build_object('day', each.day, 'in', each.entries, 'out', each.exits)
        ORDER BY each.day), '[]')
      FROM (
        SELECT hour::date AS day, coalesce(sum(number) FILTER (WHERE NOT is_out), 0) AS entries,
          coalesce(sum(number) FILTER (WHERE is_out), 0) AS exits
        FROM passage WHERE hour IS NOT NULL GROUP BY hour::date ORDER BY day DESC LIMIT 60
      ) each
    ),
    'day', (SELECT day FROM shown),
    'hours', (
      SELECT coalesce(json_agg(json_build_object('hour', each.hour, 'in', each.entries, 'out', each.exits)
        ORDER BY each.hour), '[]')
      FROM (
        SELECT extract(hour FROM passage.hour)::int AS hour,
          coalesce(sum(number) FILTER (WHERE NOT is_out), 0) AS entries,
          coalesce(sum(number) FILTER (WHERE is_out), 0) AS exits
        FROM passage, shown WHERE passage.hour::date = shown.day GROUP BY 1
      ) each
    )
  )::text
)"""  # noqa: S608 - no user input

# What the overview shows besides people: where this is the same, and no attendee has changed, so is all.
_FRAME: Final = f"""md5(concat_ws(' ', $4::text, {EPOCH}, event.starts_at <= now(),
  row_to_json((event.name, event.timezone, event.starts_at, event.ends_at)),
  (SELECT json_agg(json_build_array(ticket.id, ticket.name, ticket.position) ORDER BY ticket.id)
    FROM tickets ticket WHERE ticket.event_id = event.id),
  (SELECT json_agg(json_build_array(gate.id, gate.station_name, gate.station_type) ORDER BY gate.id)
    FROM stations gate WHERE gate.event_id = event.id)))"""  # noqa: S608 - no user input
# [frame, transaction, overview]: for a poller that has an overview of the frame $5 as of the transaction $6
# there is none while nothing has changed. The transaction is null where changes are not marked.
POLLED: Final = f"""(
  SELECT json_build_array(frame.text, CASE WHEN {OLDEST} >= {KNOWN_FROM} THEN {OLDEST} END,
    CASE WHEN {KNOWN_FROM} IS NULL OR $6::bigint IS NULL OR $5::text IS DISTINCT FROM frame.text
      OR EXISTS (SELECT FROM {door_marks.name} mark
        WHERE mark.event_id = event.id AND mark.changed_in >= $6::bigint)
    THEN {OVERVIEW} END)::text
  FROM (SELECT {_FRAME} AS text OFFSET 0) frame
)"""  # noqa: S608 - no user input
