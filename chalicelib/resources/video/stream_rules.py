"""Who may enter a video room and who runs it, and that it belongs to one event."""

from typing import TYPE_CHECKING

from chalicelib import db
from chalicelib.auth.roles import COORGANIZERS, ORGANIZERS
from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ask import Ask
from chalicelib.jsonapi.errors import conflict, forbidden, invalid
from chalicelib.jsonapi.policy import Policy, Rule, addressed, any_of, logged_in, of_viewer, opened, where_sql
from chalicelib.resources.events.one_per_event import has_another
from chalicelib.resources.orders.states import ADMITTING, listed

if TYPE_CHECKING:
    from chalicelib.jsonapi.change import Change
    from chalicelib.jsonapi.context import Context

TAKEN = ("/data/relationships/event", "The event has a video room already.")


def _team(roles: frozenset[str]) -> Rule:
    def sql(ask: Ask, t: str) -> str:
        if ask.kind >= Kind.STAFF:
            return "TRUE"
        if ask.kind is Kind.NOBODY:
            return "FALSE"
        return _shown_at(t, ask.bind(("events_as", roles), "bigint[]"))

    return where_sql(sql, f"{'/'.join(sorted(roles))} of its event")


def _shown_at(t: str, events: str) -> str:
    """SQL: the stream is that of one of these events (an array), or of one of their rooms."""
    rooms = f"SELECT room.video_stream_id FROM microlocations room WHERE room.event_id = ANY({events})"  # noqa: S608 - no user input
    return f"({t}.event_id = ANY({events}) OR ({t}.event_id IS NULL AND {t}.id = ANY(ARRAY({rooms}))))"


def _takes_part(ask: Ask, t: str) -> str:
    """SQL: moderator by address, speaker on the programme, or attendee whose order stands.

    Asked from the person's side: there are few of their talks and orders, and many streams.
    """
    if ask.kind is Kind.NOBODY:
        return "FALSE"
    moderates = (
        "SELECT moderator.video_stream_id "  # noqa: S608 - no user input
        f"FROM video_stream_moderators moderator WHERE {addressed(ask, 'moderator')}"
    )
    speaks = (
        "SELECT talk.event_id FROM speakers speaker "
        "JOIN speakers_sessions link ON link.speaker_id = speaker.id "
        "JOIN sessions talk ON talk.id = link.session_id "
        "WHERE talk.state IN ('accepted', 'confirmed') "
        "AND talk.deleted_at IS NULL AND speaker.deleted_at IS NULL "
    )
    attends = (
        "SELECT attendee.event_id FROM attendees attendee "  # noqa: S608 - no user input
        "JOIN orders ON orders.id = attendee.order_id "
        f"WHERE orders.status IN {listed(ADMITTING)} AND attendee.deleted_at IS NULL "
        f"AND {addressed(ask, 'attendee')}"
    )
    theirs = " UNION ALL ".join(
        (
            f"{speaks} AND {of_viewer(ask, 'speaker')}",
            f"{speaks} AND {addressed(ask, 'speaker')}",
            attends,
        )
    )
    return any_of(f"{t}.id = ANY({ask.ids(moderates)})", _shown_at(t, ask.ids(theirs)))


TEAM = _team(COORGANIZERS)
ORGANISERS = _team(ORGANIZERS)
# Its rooms are linked after the row is there: whether they may be is asked of each room.
_FOR_ROOMS = logged_in & where_sql(lambda _ask, t: f"{t}.event_id IS NULL", "for rooms of one's own")
POLICY = Policy(
    see=TEAM | where_sql(_takes_part, "moderator, speaker or attendee") | opened("video-stream"),
    create=TEAM | _FOR_ROOMS,
    change=TEAM,
    remove=TEAM,
)


def one_for_each_event(context: "Context", change: "Change") -> None:
    """An event has one video room of its own."""
    row = change.row
    matters = row.event_id is not None and (change.is_new or "event_id" in change.before)
    if matters and has_another(context.session, row):
        pointer, sentence = TAKEN
        raise conflict(sentence, pointer)


def be_somewhere(context: "Context", change: "Change") -> None:
    """A stream is shown at an event or in some of its rooms, not both."""
    row = change.row
    in_rooms = bool(
        db.fetch(context.session, "SELECT 1 FROM microlocations WHERE video_stream_id = $1 LIMIT 1", [row.id])
    )
    if in_rooms == (row.event_id is not None):
        raise invalid("A video stream needs an event or rooms, and not both.", "/data/relationships/rooms")


def stay_within_one_event(context: "Context", change: "Change") -> None:
    """Rule for rooms: a stream is shown in rooms of one event only."""
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
