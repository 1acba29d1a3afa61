"""The badge forms of an event with a certain badge-id, by which tickets name theirs."""

from dataclasses import replace

from chalicelib.jsonapi.action import action
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.crud import related_answer
from chalicelib.jsonapi.negotiation import demand_acceptable
from chalicelib.jsonapi.request import Answer


@action("GET", "/v1/events/{id}/badge-forms/{badge_id}")
def list_badge_forms(context: Context, id: str, badge_id: str) -> Answer:
    """As /v1/events/{id}/badge-forms, of those with this badge-id. Raises Problem 404."""
    demand_acceptable(context.request)
    event = context.registry["event"]
    narrowed = (*context.request.query, ("filter[badge-id]", badge_id))
    context.request = replace(context.request, query=narrowed)
    return related_answer(context, event, id, context.registry.relation(event, "badge-forms"))
