"""Chat tokens: who may enter an event's video rooms gets a session token of the chat service.

They are let into the private group of the event, the room or the video room, which is made if need be.
"""

from typing import Final

from chalicelib import log
from chalicelib.docs.documented import documented
from chalicelib.http_client import BadAnswer, Deadline, NoAnswer
from chalicelib.jsonapi.ground.errors import not_found
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.resources.video import chat as chats
from chalicelib.resources.video.chat import Chat
from chalicelib.resources.video.rocket_chat import Admission, Refused
from chalicelib.resources.video.services import COUNTED, ask_service
from chalicelib.resources.video.video_stream.entering import MAY_ENTER_AT

_WHO: Final = (
    "owner, organizers and coorganizers of the event, and while it is published moderators of its video "
    "rooms, speakers of accepted or confirmed sessions, and attendees whose order is placed or completed"
)
_TOKEN: Final = {
    "success": True,
    "token": "9HqLlyZOugoStsXCUfD",
    "code": "unhandled",
    "response": {"error": "no-answer"},
}
_PERHAPS: Final = ("token", "code", "response")
_REFUSES: Final = (401, 404, 429)


@action("GET", "/v1/events/{id}/chat-token", lenient=True, secret=True, limited_by=(COUNTED,), acts=True)
@documented(who=_WHO, response=_TOKEN, optional_in_response=_PERHAPS, errors=_REFUSES)
def issue_token_of_event(context: Context, id: str) -> Answer:
    """{success, token} for the event's chat. Raises Problem 404 where it is off, or the viewer may not enter.

    Without a chat service in the settings {success: false, code: "integration_disabled"}; where that fails
    {success: false, code: "unhandled", response: {error}}.
    """
    context.demand_account()
    found = visible(context, "event", id, chats.EVENT, rule=MAY_ENTER_AT)
    return _token(context, chats.chat_of(found.value) if found.passes else None)


@action(
    "GET",
    "/v1/events/{id}/room/{microlocation_id}/chat-token",
    lenient=True,
    secret=True,
    limited_by=(COUNTED,),
    acts=True,
)
@documented(who=_WHO, response=_TOKEN, optional_in_response=_PERHAPS, errors=_REFUSES)
def issue_token_of_room(context: Context, id: str, microlocation_id: str) -> Answer:
    """As that of the event, for the chat of one of its rooms, or the event's where the room shares it."""
    context.demand_account()
    return _token(context, _part(context, id, chats.ROOM, microlocation_id))


@action(
    "GET",
    "/v1/events/{id}/virtual-room/{video_stream_id}/chat-token",
    lenient=True,
    secret=True,
    limited_by=(COUNTED,),
    acts=True,
)
@documented(who=_WHO, response=_TOKEN, optional_in_response=_PERHAPS, errors=_REFUSES)
def issue_token_of_video_room(context: Context, id: str, video_stream_id: str) -> Answer:
    """As that of a room, for one of the event's video streams."""
    context.demand_account()
    visible(context, "video-stream", video_stream_id)
    return _token(context, _part(context, id, chats.VIDEO_ROOM, video_stream_id))


@action(
    "GET", "/v1/video-streams/{id}/chat-token", lenient=True, secret=True, limited_by=(COUNTED,), acts=True
)
@documented(who=_WHO, response=_TOKEN, optional_in_response=_PERHAPS, errors=_REFUSES)
def issue_token_of_stream(context: Context, id: str) -> Answer:
    """As that of the stream's event."""
    context.demand_account()
    return _token(context, chats.chat_of(visible(context, "video-stream", id, chats.EVENT_OF_STREAM).value))


def _part(context: Context, event: str, expression: str, id: str) -> Chat | None:
    if not is_number(id):
        return None
    found = visible(context, "event", event, expression, [int(id)], rule=MAY_ENTER_AT)
    of_event, part = found.value
    if not found.passes or part is None or not part["enabled"]:
        return None
    return chats.chat_of(of_event, part)


def _token(context: Context, chat: Chat | None) -> Answer:
    viewer = context.viewer
    if chat is None or viewer.id is None:
        raise not_found("There is no chat here.")
    service = chats.service_for(context.session, viewer.id, viewer.profile_id)
    if service is None:
        return plain({"success": False, "code": "integration_disabled"})
    bot, person = service

    def admit() -> Admission | str:
        try:
            return bot.admit(chat.group, person.account_id, person.name, Deadline())
        except Refused as refusal:
            reason = refusal.key
        except BadAnswer:
            reason = "bad-answer"
        except NoAnswer:
            reason = "no-answer"
        log.warning("the chat service gave no token", reason=reason)
        return reason

    admission = ask_service(context, f"chat {chat.group}", admit)
    if isinstance(admission, str):
        return plain({"success": False, "code": "unhandled", "response": {"error": admission}})
    holder = (viewer.id, viewer.profile_id)
    chats.keep(context.session, chat, bot.url, holder, admission.account_id)
    return plain({"success": True, "token": admission.token})
