"""Places of events, by searchable name. A place is created when an event names it; the list has the six most
used by published events.
"""

from sqlalchemy.orm import Mapped

from chalicelib import db
from chalicelib.db import Model
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Computed, Schema, attr, fields
from chalicelib.jsonapi.model.policy import Policy, anyone, nobody, staff, where_sql
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.identifiers import keep_slug, new_identifier, slug

_USES = sql(
    *("SELECT count(*) FROM events used WHERE used.event_location_id = ", ROW["id"]),
    " AND used.state = 'published' AND used.privacy <> 'private' AND used.deleted_at IS NULL",
)
_MOST_USED = sql(
    ROW["id"],
    " IN (SELECT used.event_location_id FROM events used "
    "WHERE used.state = 'published' AND used.privacy <> 'private' AND used.deleted_at IS NULL "
    "GROUP BY 1 HAVING count(used.event_location_id) > 0 ORDER BY count(*) DESC, 1 LIMIT 6)",
)


class EventLocation(Model):
    __tablename__ = "event_locations"
    name: Mapped[str] = attr(fields.Line, required=True)
    slug: Mapped[str] = attr(read_only=True, unique=True)


class EventLocationSchema(Schema):
    # Only for the order of the list: neither shown nor set.
    uses = Computed("bigint", _USES, load_only=True)


def link_location(context: Context, change: Change) -> None:
    """Rule for events: the place is the one with the searchable name, which may be a new one.

    If the place was linked instead, set the event's name of it.
    """
    row = change.row
    named = "searchable_location_name" in change.before or (change.is_new and row.searchable_location_name)
    linked = "event_location_id" in change.before or (change.is_new and row.event_location_id)
    if named:
        row.event_location_id = _place(context, row.searchable_location_name)
    elif linked:
        place = context.session.get(EventLocation, row.event_location_id) if row.event_location_id else None
        row.searchable_location_name = place.name if place else None


def _place(context: Context, name: str | None) -> int | None:
    name = (name or "").strip()
    if not name:
        return None
    # ON CONFLICT: two events may name the same new place concurrently.
    rows = db.fetch(
        context.session,
        "INSERT INTO event_locations (name, slug) "
        "SELECT $1::text, coalesce((SELECT slug FROM event_locations WHERE lower(name) = lower($1::text) "
        "ORDER BY id LIMIT 1), $2::text) ON CONFLICT (slug) DO UPDATE SET slug = excluded.slug RETURNING id",
        [name, slug(name) or new_identifier()],
        flush=False,
    )
    return int(rows[0][0])


EVENT_LOCATION = Resource(
    "event-location",
    EventLocation,
    EventLocationSchema,
    path="event-locations",
    methods=frozenset({"list", "create", "read"}),
    policy=Policy(
        see=anyone,
        # The place of a draft must not be disclosed to those who guess ids.
        read=where_sql(sql("(", _USES, ") > 0"), "a published event names it", of_row=True) | staff,
        list=where_sql(_MOST_USED, "it is among the six most used", of_row=True),
        create=staff,
        change=nobody,
        remove=nobody,
    ),
    before_write=[keep_slug],
    order=["-uses", "name"],
    shared=True,
)
