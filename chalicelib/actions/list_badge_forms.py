"""An event's badge forms with a certain badge-id, by which tickets refer to them."""

from chalicelib.docs.documented import READING, documented
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import narrowed_answer
from chalicelib.jsonapi.model.context import Context


@action("GET", "/v1/events/{id}/badge-forms/{badge_id}", lenient=True, documents=True)
@documented(
    who="whoever is signed in and sees the event",
    path={"badge_id": "badge-of-speakers"},
    many="badge-form",
    open=True,
    errors=READING,
)
def list_badge_forms(context: Context, id: str, badge_id: str) -> Answer:
    """As /v1/events/{id}/badge-forms, filtered by badge-id. Raises Problem 404."""
    return narrowed_answer(context, "event", id, "badge-forms", "badge-id", badge_id)
