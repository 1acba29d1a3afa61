"""Video rooms: who may enter and who runs them, and that each belongs to one event."""

from chalicelib import db
from chalicelib.auth.roles import COORGANIZERS, ORGANIZERS
from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.errors import conflict, forbidden, invalid
from chalicelib.jsonapi.ground.sql import ROW, Ids, Param, Sql, any_of, joined, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.policy import logged_in, staff, where_sql
from chalicelib.jsonapi.model.rules import Described, Rule
from chalicelib.jsonapi.rights.viewer_parameters import email_of_viewer, events_with_role, of_viewer
from chalicelib.resources.events.one_per_event import has_another
from chalicelib.resources.orders.order.states import ADMITTING, listed

TAKEN = ("/data/relationships/event", "The event has a video room already.")


def _shown_at(events: Param | Ids) -> Sql:
    """Condition: the stream belongs to one of these events, or to one of their rooms."""
    rooms = sql(
        "SELECT room.video_stream_id FROM microlocations room WHERE room.event_id = ANY(", events, ")"
    )
    at_event = sql(ROW["event_id"], " = ANY(", events, ")")
    in_room = sql(ROW["event_id"], " IS NULL AND ", ROW["id"], " = ANY(ARRAY(", rooms, "))")
    return sql("(", at_event, " OR (", in_room, "))")


def _team(roles: frozenset[str], phrase: str) -> Rule:
    at_its_event = where_sql(_shown_at(events_with_role(roles)), phrase, least=Kind.USER)
    return Described(staff | at_its_event, phrase)


def takes_part() -> Sql:
    """The viewer is moderator by address, speaker on the programme, or attendee whose order stands.

    Queried by the viewer's own sessions and orders, which are few, while streams are many.
    """
    moderates = sql(
        "SELECT moderator.video_stream_id FROM video_stream_moderators moderator WHERE ",
        email_of_viewer("moderator"),
    )
    speaks = (
        "SELECT talk.event_id FROM speakers speaker "
        "JOIN speakers_sessions link ON link.speaker_id = speaker.id "
        "JOIN sessions talk ON talk.id = link.session_id "
        "WHERE talk.state IN ('accepted', 'confirmed') "
        "AND talk.deleted_at IS NULL AND speaker.deleted_at IS NULL  AND "
    )
    attends = (
        "SELECT attendee.event_id FROM attendees attendee "  # noqa: S608 - no user input
        "JOIN orders ON orders.id = attendee.order_id "
        f"WHERE orders.status IN {listed(ADMITTING)} AND attendee.deleted_at IS NULL AND "
    )
    theirs = joined(
        " UNION ALL ",
        (
            sql(speaks, of_viewer("speaker")),
            sql(speaks, email_of_viewer("speaker")),
            sql(attends, email_of_viewer("attendee")),
        ),
    )
    return any_of(sql(ROW["id"], " = ANY(", Ids(moderates), ")"), _shown_at(Ids(theirs)))


TEAM = _team(COORGANIZERS, "owner, organizers and coorganizers of its event")
ORGANIZER_TEAM = _team(ORGANIZERS, "owner and organizers of its event")
# Its rooms are linked after the row is there: whether they may be is asked of each room.
FOR_ROOMS = logged_in & where_sql(sql(ROW["event_id"], " IS NULL"), "for rooms of one's own")


def one_for_each_event(context: Context, change: Change) -> None:
    """An event has one video room of its own."""
    row = change.row
    matters = row.event_id is not None and (change.is_new or "event_id" in change.before)
    if matters and has_another(context.session, row):
        pointer, sentence = TAKEN
        raise conflict(sentence, pointer)


def require_event_xor_rooms(context: Context, change: Change) -> None:
    """A stream belongs either to an event or to rooms."""
    row = change.row
    in_rooms = bool(
        db.fetch(context.session, "SELECT 1 FROM microlocations WHERE video_stream_id = $1 LIMIT 1", [row.id])
    )
    if in_rooms == (row.event_id is not None):
        raise invalid("A video stream needs an event or rooms, and not both.", "/data/relationships/rooms")


def require_rooms_of_one_event(context: Context, change: Change) -> None:
    """Hook of rooms: the rooms of a stream belong to one event."""
    room = change.row
    if room.video_stream_id is None:
        return
    if not change.is_new and not {"video_stream_id", "event_id"} & change.before.keys():
        return
    elsewhere = db.fetch(
        context.session,
        "SELECT 1 FROM microlocations "
        "WHERE video_stream_id = $1 AND event_id <> $2 AND id IS DISTINCT FROM $3::bigint "
        "UNION ALL SELECT 1 FROM video_streams WHERE id = $1 AND event_id <> $2",
        [room.video_stream_id, room.event_id, room.id],
        flush=False,
    )
    if elsewhere:
        raise forbidden("A video stream is shown in rooms of one event.", "/data/relationships/video-stream")
