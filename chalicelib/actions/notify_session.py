"""Emails about a session's state on demand, and the texts that they say unless the team edits them."""

from typing import Any, Final

from chalicelib import signals
from chalicelib.actions.account_requests import body
from chalicelib.actions.mail_texts import lines_in
from chalicelib.auth.roles import COORGANIZERS, EVENT_TEAM
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.limits.declared import SESSION_MAILS
from chalicelib.tasks.order_summary import team_of
from chalicelib.tasks.session_texts import PLACEHOLDERS, RECIPIENT, TEXTS
from chalicelib.values.placeholders import unknown_placeholder

_LONGEST_SUBJECT: Final = 250
_LONGEST_MESSAGE: Final = 5_000
_MOST_COPIES: Final = 100
_MEMBERS: Final = ("subject", "message", "bcc")


@action("GET", "/v1/sessions/mails", lenient=True)
@documented(who="anybody", open=True, response={**TEXTS, "recipient": RECIPIENT}, errors=(400,))
def show_session_mails(_context: Context) -> Answer:
    """The subject and message of the mails about each state of a session, with placeholders in braces.

    Placeholders: session_name, session_link, session_cfs_link, session_state, event_name, event_link,
    app_name, frontend_link. Lines are parted by <br/>.
    """
    return plain({**TEXTS, "recipient": RECIPIENT})


@action("POST", "/v1/sessions/{id}/notify", lenient=True, limited_by=(SESSION_MAILS,))
@documented(
    who="owner, organizers and coorganizers of the session's event",
    request={"subject": "News about {session_name}", "message": "It is {session_state}.", "bcc": []},
    optional=_MEMBERS,
    response={"success": True},
    errors=(400, 401, 403, 404, 413, 422),
)
def notify_session(context: Context, id: str) -> Answer:
    """{subject, message, bcc} -> {success}: mails the speakers about the state of the session.

    The event's owner, organizers and coorganizers get copies, and those in `bcc`, who must have a role at the
    event. Speakers with an account are notified in the application. `subject` and `message` replace the text
    of the state; a placeholder that does not exist is 422. Nothing is sent about a draft.
    """
    session = visible_to_team(
        context, "session", id, "json_build_array(session.event_id, session.state)", roles=COORGANIZERS
    )
    content = body(context) if context.request.body else {}
    for name in content:
        if name not in _MEMBERS:
            raise invalid(f"There is no {name}: send subject, message and bcc.", f"/{name}")
    event_id, state = session.value
    texts = {
        "subject": _text(content, "subject", _LONGEST_SUBJECT).replace("\n", " "),
        "message": _text(content, "message", _LONGEST_MESSAGE),
    }
    copies = _copies(context, content, event_id)
    if state in TEXTS:
        signals.emit(
            context.session, "session.mails_requested", id=session.id, state=state, **texts, bcc=copies
        )
    return plain({"success": True})


def _text(content: dict[str, Any], name: str, longest: int) -> str:
    text = lines_in(content, name, longest)
    unknown = unknown_placeholder(text, PLACEHOLDERS)
    if unknown is not None:
        known = ", ".join(f"{{{placeholder}}}" for placeholder in PLACEHOLDERS)
        raise invalid(f"There is no placeholder {unknown}; there are {known}.", f"/{name}")
    return text


def _copies(context: Context, content: dict[str, Any], event_id: int) -> list[int]:
    """The ids of the accounts whose addresses are in `bcc`, all of the event's team. Raises Problem 422."""
    addresses = content.get("bcc")
    if addresses is None:
        return []
    if not isinstance(addresses, list) or len(addresses) > _MOST_COPIES:
        raise invalid(f"bcc must be a list of {_MOST_COPIES} addresses at most.", "/bcc")
    team = {}
    if addresses:
        team = {user.email.lower(): user.id for user in team_of(context.session, event_id, EVENT_TEAM)}
    found = []
    for position, address in enumerate(addresses):
        if address == "":  # what clients make of a comma at the end
            continue
        if not isinstance(address, str) or address.strip().lower() not in team:
            raise invalid("bcc takes addresses of the event's team.", f"/bcc/{position}")
        found.append(team[address.strip().lower()])
    return found
