"""Questions to the organizers of an event or a group, by email."""

from typing import Final

from chalicelib import signals
from chalicelib.actions.account_requests import body
from chalicelib.actions.mail_texts import lines_in
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.limits.declared import QUESTIONS, QUESTIONS_BY_SOURCE

_LONGEST: Final = 5_000
_TEXT: Final = "email"  # as old clients call it
_LIMITS: Final = (QUESTIONS, QUESTIONS_BY_SOURCE)


@action("POST", "/v1/events/{id}/contact-organizer", lenient=True, limited_by=_LIMITS)
@documented(
    request={_TEXT: "Is there a cloakroom?"},
    response={"success": True},
    errors=(400, 401, 404, 413, 422),
)
def contact_organizer_of_event(context: Context, id: str) -> Answer:
    """{email: text} -> {success}: mails the text to owner, organizers and coorganizers, who can reply.

    Whoever asks gets a copy, if their address is verified. The text has 5,000 characters at most, and loses
    its markup. Raises Problem 400, 401, 404, 422.
    """
    return _ask(context, "event", id)


@action("POST", "/v1/groups/{id}/contact-organizer", lenient=True, limited_by=_LIMITS)
@documented(
    request={_TEXT: "When do you meet?"},
    response={"success": True},
    errors=(400, 401, 404, 413, 422),
)
def contact_organizer_of_group(context: Context, id: str) -> Answer:
    """{email: text} -> {success}: mails the text to the group's owner and its organizers, who can reply.

    Otherwise as for an event. Raises Problem 400, 401, 404, 422.
    """
    return _ask(context, "group", id)


def _ask(context: Context, type: str, id: str) -> Answer:
    context.demand_account()
    about = visible(context, type, id)
    text = lines_in(body(context), _TEXT, _LONGEST)
    if not text:
        raise invalid(f"{_TEXT} is the text of the question, and missing.", f"/{_TEXT}")
    signals.emit(
        context.session, f"{type}.question_asked", id=about.id, sender_id=context.viewer.id, text=text
    )
    return plain({"success": True})
