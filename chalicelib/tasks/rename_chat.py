"""Renames the chat of an event whose name has changed."""

from sqlalchemy.orm import Session

from chalicelib import db, log, outbox, signals
from chalicelib.http_client import Deadline
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.video.chat import bot_in_settings, group_name
from chalicelib.resources.video.rocket_chat import NO_GROUP, Refused
from chalicelib.tasks.registry import task

NAME = "rename_chat"
_SECONDS = 5.0
_EVENT = "SELECT name, identifier, chat_room_name FROM events WHERE id = $1 AND deleted_at IS NULL"
_KEEP = "UPDATE events SET chat_room_name = $2 WHERE id = $1"


@task(NAME)
def rename_chat(session: Session, event_id: int) -> None:
    """Rename the event's group after the event. Nothing where it has none, or no chat service is there.

    Raises NoAnswer, BadAnswer and Refused, and is retried.
    """
    found, bot = db.fetch(session, _EVENT, [event_id]), bot_in_settings(session)
    if not found or not found[0][2] or bot is None:
        return
    name, identifier, former = found[0]
    wanted = group_name(name, identifier)
    if wanted == former:
        return
    try:
        bot.rename(former, wanted, Deadline(_SECONDS))
    except Refused as refusal:
        if refusal.key != NO_GROUP:
            raise
        # Renamed already, and that was not stored; or deleted, and the next token makes it.
        log.info("there is no group of the former name", event_id=event_id)
    db.fetch(session, _KEEP, [event_id, wanted])


@signals.on("event.updated")
def _when_renamed(session: Session, *, id: int, changed: list[str], **_payload: object) -> None:
    if "name" in changed and session.get_one(Event, id).chat_room_name:
        outbox.add(session, NAME, {"event_id": id})
