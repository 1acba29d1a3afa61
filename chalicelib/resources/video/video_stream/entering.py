"""Admission to video rooms: the one rule of who may enter a stream, or the rooms of an event.

The event's team, and while the event is published: the room's moderators, speakers of an accepted or
confirmed session, and attendees whose order is placed or completed. Joining, chat tokens, has-streams and
the policy of video streams ask it here.
"""

from typing import Final

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.sql import ROW, Ids, Param, Sql, any_of, joined, sql
from chalicelib.jsonapi.model.policy import among, staff, where_sql
from chalicelib.jsonapi.model.rules import Described, Rule
from chalicelib.jsonapi.rights.viewer_parameters import email_of_viewer, events_with_role, of_viewer
from chalicelib.resources.orders.order.states import admits
from chalicelib.resources.policies import has_role

_OPEN: Final = "open.state = 'published' AND open.deleted_at IS NULL"


def event_of(stream: str) -> str:
    """SQL: the event of the stream with this alias: its own, or that of its rooms, which have one."""
    return (
        f"coalesce({stream}.event_id, (SELECT room.event_id FROM microlocations room "  # noqa: S608 - no user input
        f"WHERE room.video_stream_id = {stream}.id AND room.deleted_at IS NULL LIMIT 1))"
    )


def event_is_there(stream: str) -> str:
    """SQL: the event of the stream with this alias is in no trash."""
    return f"EXISTS (SELECT FROM events held WHERE held.id = {event_of(stream)} AND held.deleted_at IS NULL)"


def shown_at(events: Param | Ids) -> Sql:
    """Condition: the stream belongs to one of these events, or to one of their rooms."""
    rooms = sql(
        "SELECT room.video_stream_id FROM microlocations room WHERE room.event_id = ANY(", events, ")"
    )
    at_event = sql(ROW["event_id"], " = ANY(", events, ")")
    in_room = sql(ROW["event_id"], " IS NULL AND ", ROW["id"], " = ANY(ARRAY(", rooms, "))")
    return sql("(", at_event, " OR (", in_room, "))")


def team(roles: frozenset[str], phrase: str) -> Rule:
    """Those with one of the roles at the stream's event; staff passes."""
    at_its_event = where_sql(shown_at(events_with_role(roles)), phrase, least=Kind.USER)
    return Described(staff | at_its_event, phrase)


def _moderated(column: str) -> Sql:
    """SELECT: the streams that the viewer moderates by address at a published event, or their events."""
    return sql(
        f"SELECT {column} FROM video_stream_moderators moderator "  # noqa: S608 - no user input
        "JOIN video_streams stream ON stream.id = moderator.video_stream_id "
        f"JOIN events open ON open.id = {event_of('stream')} WHERE {_OPEN} AND ",
        email_of_viewer("moderator"),
    )


def _taken_part_in() -> Sql:
    """SELECT: the published events where the viewer speaks or has a ticket.

    Queried by the viewer's own sessions and orders, which are few, while streams are many.
    """
    speaks = (
        "SELECT open.id FROM speakers speaker "  # noqa: S608 - no user input
        "JOIN speakers_sessions link ON link.speaker_id = speaker.id "
        "JOIN sessions talk ON talk.id = link.session_id "
        "JOIN events open ON open.id = talk.event_id "
        "WHERE talk.state IN ('accepted', 'confirmed') "
        f"AND talk.deleted_at IS NULL AND speaker.deleted_at IS NULL AND {_OPEN} AND "
    )
    attends = (
        "SELECT open.id FROM attendees attendee "  # noqa: S608 - no user input
        "JOIN orders ON orders.id = attendee.order_id "
        "JOIN events open ON open.id = attendee.event_id "
        f"WHERE {admits('orders', 'open')} AND attendee.deleted_at IS NULL AND {_OPEN} AND "
    )
    theirs = (
        sql(speaks, of_viewer("speaker")),
        sql(speaks, email_of_viewer("speaker")),
        sql(attends, email_of_viewer("attendee")),
    )
    return joined(" UNION ALL ", theirs)


TEAM: Final = team(COORGANIZERS, "owner, organizers and coorganizers of its event")
# Who enters as a moderator.
MODERATES: Final = TEAM | where_sql(
    sql(ROW["id"], " = ANY(", Ids(_moderated("stream.id")), ")"), "its moderators", least=Kind.USER
)
# Of a stream.
MAY_ENTER: Final = TEAM | where_sql(
    any_of(
        sql(ROW["id"], " = ANY(", Ids(_moderated("stream.id")), ")"),
        shown_at(Ids(_taken_part_in())),
    ),
    "its moderators, speakers and attendees",
    least=Kind.USER,
)
# Of an event: whoever may enter one of its rooms, or would if it had one.
MAY_ENTER_AT: Final = has_role(COORGANIZERS, "id") | among(
    sql(_taken_part_in(), " UNION ALL ", _moderated("open.id")),
    "moderators, speakers and attendees there",
)
