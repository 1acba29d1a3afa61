"""Chats: the private group of an event, a room or a video room, and people's accounts at the chat service."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import db
from chalicelib.db import Model, owned_by
from chalicelib.resources.identifiers import slug
from chalicelib.resources.video.display_name import ANONYMOUS, display_name
from chalicelib.resources.video.rocket_chat import Bot
from chalicelib.resources.video.video_stream.entering import event_of

# SQL of what a chat needs to know of the event with the alias `event`; of a room or a stream; and of the
# room or stream $4 of that event.
EVENT: Final = (
    "json_build_object('table', 'events', 'id', event.id, 'enabled', event.is_chat_enabled, "
    "'name', event.name, 'identifier', event.identifier, 'group', event.chat_room_name)"
)
EVENT_OF_STREAM: Final = (
    f"(SELECT {EVENT} FROM events event "  # noqa: S608 - no user input
    f"WHERE event.id = {event_of('video_stream')} AND event.deleted_at IS NULL)"
)
_PART: Final = (
    "'id', part.id, 'name', part.name, 'enabled', part.is_chat_enabled OR part.is_global_event_room, "
    "'shared', part.is_global_event_room, 'group', part.chat_room_name"
)
ROOM: Final = (
    f"json_build_array({EVENT}, (SELECT json_build_object('table', 'microlocations', {_PART}) "  # noqa: S608 - no user input
    "FROM microlocations part "
    "WHERE part.id = $4::bigint AND part.event_id = event.id AND part.deleted_at IS NULL))"
)
VIDEO_ROOM: Final = (
    f"json_build_array({EVENT}, (SELECT json_build_object('table', 'video_streams', {_PART}) "  # noqa: S608 - no user input
    f"FROM video_streams part WHERE part.id = $4::bigint AND {event_of('part')} = event.id))"
)
_SERVICE: Final = f"""
SELECT rocket_chat_url, rocket_chat_bot_id, rocket_chat_bot_token, rocket_chat_registration_secret, (
  SELECT account.account_id FROM chat_accounts account WHERE account.user_id = $1
  AND account.as_profile_id IS NOT DISTINCT FROM $2::bigint AND account.server = rocket_chat_url
), {display_name("$1::bigint", "$2::bigint")}
FROM settings ORDER BY id LIMIT 1
"""  # noqa: S608 - no user input
_KEEP: Final = """
INSERT INTO chat_accounts (user_id, as_profile_id, server, account_id) VALUES ($1, $2, $3, $4)
ON CONFLICT (user_id, coalesce(as_profile_id, 0), server) DO UPDATE SET account_id = excluded.account_id
"""
_LONGEST_NAME: Final = 60
# Of rooms and streams of one event, which may have one name.
_MARKS: Final = {"microlocations": "room", "video_streams": "video"}


class ChatAccount(Model):
    """The account of a person, or of one of their profiles, at a chat server, whose password nobody knows."""

    __tablename__ = "chat_accounts"
    user_id: Mapped[int] = owned_by("users.id", index=False)
    as_profile_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("profiles.id", ondelete="CASCADE"), index=True
    )
    server: Mapped[str]
    account_id: Mapped[str]

    __table_args__ = (
        Index(
            "uq_chat_accounts_holder", "user_id", text("coalesce(as_profile_id, 0)"), "server", unique=True
        ),
    )


@dataclass(frozen=True, slots=True)
class Chat:
    """A group, and the row whose chat it is."""

    table: str
    id: int
    group: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who is to be let in: their account at the server, if there is one yet, and the name for a new one."""

    account_id: str | None
    name: str


def chat_of(event: Mapping[str, Any] | None, part: Mapping[str, Any] | None = None) -> Chat | None:
    """The chat of an event, or of a room or stream of it; None where it is switched off.

    A room or stream that is a global room of the event shares the event's chat.
    """
    if event is None or not event["enabled"]:
        return None
    if part is None or part["shared"]:
        return Chat("events", event["id"], event["group"] or group_name(event["name"], event["identifier"]))
    suffix = f"{event['identifier']}-{_MARKS[part['table']]}-{part['id']}"
    return Chat(part["table"], part["id"], part["group"] or group_name(part["name"], suffix))


def group_name(name: str, identifier: str) -> str:
    """The name of a group: letters, digits and dashes, which every chat server accepts."""
    return f"{slug(name)[:_LONGEST_NAME] or 'chat'}-{identifier}"


def service_for(session: Session, user_id: int, profile_id: int | None) -> tuple[Bot, Person] | None:
    """The bot of the chat server in the settings, and the person there; None without one."""
    found = db.fetch(session, _SERVICE, [user_id, profile_id])
    if not found or not all(found[0][:3]):
        return None
    url, bot_id, token, secret, account_id, name = found[0]
    return Bot(url, bot_id, token, secret or ""), Person(account_id, name or ANONYMOUS)


def bot_in_settings(session: Session) -> Bot | None:
    """The bot of the chat server in the settings; None without one."""
    found = service_for(session, 0, None)
    return found[0] if found is not None else None


def keep(session: Session, chat: Chat, server: str, holder: tuple[int, int | None], account_id: str) -> None:
    """Store the person's account at the server, and the name of the chat's group."""
    db.fetch(session, _KEEP, [*holder, server, account_id])
    db.fetch(
        session,
        f"UPDATE {chat.table} SET chat_room_name = $2 WHERE id = $1 AND chat_room_name IS NULL",  # noqa: S608
        [chat.id, chat.group],
    )
