"""Invitations to review: accepting, which makes the account a reviewer of the event, or declining."""

from chalicelib import signals
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, forbidden
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.changing import lock_visible
from chalicelib.resources.reviews.reviewer import ACCEPTED, PENDING, Reviewer


@action("POST", "/v1/reviewers/{id}/accept")
@documented(
    who="the invited person, with a verified address",
    response={"success": True, "message": "The invitation has been accepted."},
    errors=(400, 401, 403, 404, 409),
)
def accept_reviewer_invite(context: Context, id: str) -> Answer:
    """{success, message}. The account reviews for the event from now on."""
    return _answered(context, id, "accepted")


@action("POST", "/v1/reviewers/{id}/decline")
@documented(
    who="the invited person, with a verified address",
    response={"success": True, "message": "The invitation has been declined."},
    errors=(400, 401, 403, 404, 409),
)
def decline_reviewer_invite(context: Context, id: str) -> Answer:
    """{success, message}."""
    return _answered(context, id, "declined")


def _answered(context: Context, id: str, status: str) -> Answer:
    context.demand_account()
    viewer = context.viewer
    reviewer: Reviewer = lock_visible(context, context.registry["reviewer"], id)
    if not viewer.is_verified or reviewer.email.lower() != viewer.email.lower():
        raise forbidden("Only the invited person can answer, with a verified address.")
    if reviewer.status != PENDING:
        raise conflict(f"This invitation has been {reviewer.status} already.")
    reviewer.status = status
    reviewer.user_id = viewer.id if status == ACCEPTED else None
    context.session.flush()
    signals.emit(context.session, f"reviewer.{status}", id=reviewer.id, viewer_id=viewer.id)
    return plain({"success": True, "message": f"The invitation has been {status}."})
