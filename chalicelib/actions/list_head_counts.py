"""The head counts of a session at one station."""

from dataclasses import replace

from chalicelib.jsonapi.action import action
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.crud import related_answer
from chalicelib.jsonapi.errors import not_found
from chalicelib.jsonapi.negotiation import demand_acceptable
from chalicelib.jsonapi.read import is_number
from chalicelib.jsonapi.request import Answer


@action("GET", "/v1/stations/{id}/sessions/{session_id}/station-store-paxs")
def list_head_counts(context: Context, id: str, session_id: str) -> Answer:
    """As /v1/stations/{id}/station-store-paxs, of this session. Raises Problem 404."""
    demand_acceptable(context.request)
    if not is_number(session_id):
        raise not_found(f"There is no session {session_id}.")
    station = context.registry["station"]
    narrowed = (*context.request.query, ("filter[session.id]", session_id))
    context.request = replace(context.request, query=narrowed)
    return related_answer(context, station, id, context.registry.relation(station, "station-store-paxs"))
