"""Invitations to review: accepting, which makes the account a reviewer of the event, declining, and inviting
again.
"""

from typing import Final

from chalicelib import db, signals
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, forbidden
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.changing import lock_editable, lock_visible
from chalicelib.limits.declared import INVITATION_AGAIN, INVITATIONS
from chalicelib.resources.reviews.reviewer import ACCEPTED, PENDING, Reviewer

_THEIRS: Final = ("reviews", "review_assignments")
_TAKE: Final = "UPDATE {} SET user_id = $1 WHERE reviewer_id = $2"


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


@action("POST", "/v1/reviewers/{id}/resend-invite", limited_by=(INVITATIONS, INVITATION_AGAIN))
@documented(
    who="owner, organizers and coorganizers of the event",
    response={"success": True, "message": "The invitation is on its way again."},
    errors=(400, 401, 403, 404, 409),
)
def resend_reviewer_invite(context: Context, id: str) -> Answer:
    """Sends the invitation email again, also to who has declined, and who may then answer anew. 409 once it
    was accepted.
    """
    context.demand_account()
    reviewer: Reviewer = lock_editable(context, context.registry["reviewer"], id)
    if reviewer.status == ACCEPTED:
        raise conflict("The invitation was accepted already.")
    reviewer.status = PENDING
    context.session.flush()
    signals.emit(context.session, "reviewer.resent", id=reviewer.id, viewer_id=context.viewer.id)
    return plain({"success": True, "message": "The invitation is on its way again."})


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
    if status == ACCEPTED:  # what an archive has brought of theirs
        for table in _THEIRS:
            db.fetch(context.session, _TAKE.format(table), [viewer.id, reviewer.id])
    signals.emit(context.session, f"reviewer.{status}", id=reviewer.id, viewer_id=viewer.id)
    return plain({"success": True, "message": f"The invitation has been {status}."})
