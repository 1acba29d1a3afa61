"""Favourite events by the id of the event, which is what clients know."""

from chalicelib import db
from chalicelib.docs.documented import READING, REMOVING, documented
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import delete_answer, detail_answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.people.user_favourite_event import USER_FAVOURITE_EVENT


@action("GET", "/v1/user-favourite-events/{id}", lenient=True, documents=True)
@documented(who="the user it belongs to, and staff", one="user-favourite-event", errors=READING)
def show_favourite_event(context: Context, id: str) -> Answer:
    """The caller's favourite of the event with this id or identifier, else the favourite with this id."""
    return detail_answer(context, USER_FAVOURITE_EVENT, _favourite(context, id))


@action("DELETE", "/v1/user-favourite-events/{id}", lenient=True, documents=True)
@documented(
    who="the user it belongs to, and staff",
    removes="user-favourite-event",
    path={"id": "1"},
    errors=REMOVING,
)
def forget_favourite_event(context: Context, id: str) -> Answer:
    """Delete the same favourite."""
    return delete_answer(context, USER_FAVOURITE_EVENT, _favourite(context, id))


def _favourite(context: Context, id: str) -> str:
    if context.viewer.id is None:
        return id
    column = "id" if is_number(id) else "identifier"
    rows = db.fetch(
        context.session,
        "SELECT favourite.id FROM user_favourite_events favourite "  # noqa: S608 - no user input
        "JOIN events ON events.id = favourite.event_id "
        f"WHERE favourite.user_id = $1 AND favourite.deleted_at IS NULL AND events.{column} = $2",
        [context.viewer.id, int(id) if is_number(id) else id],
    )
    return str(rows[0][0]) if rows else id
