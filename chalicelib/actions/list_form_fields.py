"""The fields of one of an event's attendee forms, by the form's own id."""

from chalicelib.docs.documented import READING, documented
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import narrowed_answer
from chalicelib.jsonapi.model.context import Context


@action("GET", "/v1/events/{id}/custom-forms/{form_id}", lenient=True, documents=True)
@documented(
    who="whoever sees the event", path={"form_id": "1"}, many="custom-form", open=True, errors=READING
)
def list_form_fields(context: Context, id: str, form_id: str) -> Answer:
    """As /v1/events/{id}/custom-forms, filtered by form-id. Raises Problem 404."""
    return narrowed_answer(context, "event", id, "custom-forms", "form-id", form_id)
