"""Filter values of the public schedule, and the state machine of sessions."""

from chalicelib import db
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.resources.programme.session.states import ORGANIZER_MOVES, PUBLIC, SPEAKER_MOVES
from chalicelib.values.zones import zone_sql

_MOVES = {
    who: {former: dict.fromkeys(sorted(latter), True) for former, latter in moves.items()}
    for who, moves in (("organizer", ORGANIZER_MOVES), ("speaker", SPEAKER_MOVES))
}


@action("GET", "/v1/events/{id}/sessions/dates", lenient=True)
@documented(who="whoever sees the event", open=True, response=["2031-05-03"], errors=(400, 401, 404))
def show_session_dates(context: Context, id: str) -> Answer:
    """The days (YYYY-MM-DD, in the event's time zone) on which sessions of the programme begin, sorted."""
    event_id = visible(context, "event", id).id
    return plain(
        _column(
            context,
            "SELECT DISTINCT to_char(talk.starts_at AT TIME ZONE event.zone, 'YYYY-MM-DD') AS found "  # noqa: S608 - no user input
            f"FROM (SELECT id, {zone_sql('timezone')} AS zone FROM events WHERE id = $1 OFFSET 0) event "
            "JOIN sessions talk ON talk.event_id = event.id WHERE talk.event_id = $1 "
            "AND talk.starts_at IS NOT NULL AND talk.deleted_at IS NULL AND talk.state = ANY($2::text[]) "
            "ORDER BY found",
            [event_id, list(PUBLIC)],
        )
    )


@action("GET", "/v1/events/{id}/sessions/languages", lenient=True)
@documented(who="whoever sees the event", open=True, response=["English"], errors=(400, 401, 404))
def show_session_languages(context: Context, id: str) -> Answer:
    """The languages of the programme's sessions, sorted."""
    event_id = visible(context, "event", id).id
    return plain(
        _column(
            context,
            "SELECT DISTINCT language AS found FROM sessions WHERE event_id = $1 AND language <> '' "
            "AND deleted_at IS NULL AND state = ANY($2::text[]) ORDER BY found",
            [event_id, list(PUBLIC)],
        )
    )


@action("GET", "/v1/sessions/states", lenient=True)
@documented(who="everybody", open=True, response=_MOVES, errors=(401,))
def show_session_states(_context: Context) -> Answer:
    """{organizer: {state: {state: true}}, speaker: the same}: the allowed transitions."""
    return plain(_MOVES)


def _column(context: Context, sql: str, values: list[object]) -> list[str]:
    return [row[0] for row in db.fetch(context.session, sql, values)]
