"""The head counts of a session at one station."""

from chalicelib.docs.documented import READING, documented
from chalicelib.jsonapi.ground.errors import not_found
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import narrowed_answer
from chalicelib.jsonapi.model.context import Context


@action("GET", "/v1/stations/{id}/sessions/{session_id}/station-store-paxs", lenient=True, documents=True)
@documented(
    who="whoever is signed in and sees the station", many="station-store-pax", open=True, errors=READING
)
def list_head_counts(context: Context, id: str, session_id: str) -> Answer:
    """As /v1/stations/{id}/station-store-paxs, filtered by session. Raises Problem 404."""
    if not is_number(session_id):
        raise not_found(f"There is no session {session_id}.")
    return narrowed_answer(context, "station", id, "station-store-paxs", "session.id", session_id)
