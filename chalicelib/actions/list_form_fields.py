"""The fields of one of an event's several attendee forms, by the form's own id."""

from dataclasses import replace

from chalicelib.jsonapi.action import action
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.crud import related_answer
from chalicelib.jsonapi.negotiation import demand_acceptable
from chalicelib.jsonapi.request import Answer


@action("GET", "/v1/events/{id}/custom-forms/{form_id}")
def list_form_fields(context: Context, id: str, form_id: str) -> Answer:
    """As /v1/events/{id}/custom-forms, of the fields with this form-id. Raises Problem 404."""
    demand_acceptable(context.request)
    event = context.registry["event"]
    narrowed = (*context.request.query, ("filter[form-id]", form_id))
    context.request = replace(context.request, query=narrowed)
    return related_answer(context, event, id, context.registry.relation(event, "custom-forms"))
