"""Invitation email to moderate a video room, with the link to it."""

from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.limits.declared import INVITES
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.programme.microlocation import Microlocation
from chalicelib.resources.video.video_stream.video_stream import VideoStream
from chalicelib.resources.video.video_stream_moderator import VideoStreamModerator
from chalicelib.tasks.mail_languages import preference_of
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.tasks.session_mail_text import event_address

NAME: Final = "send_moderator_invite_mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeratorInvitation(MailTemplate):
    """The invitation to moderate a video room of an event."""

    folder: ClassVar[str] = "video_moderator_invite"
    room: str
    event: str


@task(NAME, limited_by=INVITES)
def send_moderator_invite_mail(session: Session, moderator_id: int, inviter_id: int | None = None) -> None:
    """Email the moderator. Nothing if they were removed, or the event is deleted."""
    moderator = session.get(VideoStreamModerator, moderator_id)
    stream = session.get(VideoStream, moderator.video_stream_id) if moderator is not None else None
    event = _event_of(session, stream) if stream is not None else None
    if moderator is None or stream is None or event is None:
        log.info("nobody moderates this room any more", moderator_id=moderator_id)
        return
    address = f"{event_address(event)}/video/{quote(stream.name, safe='')}/{stream.id}"
    mail = ModeratorInvitation(room=stream.name, event=event.name)
    guess = preference_of(session, inviter_id)
    draft = mail.mail(moderator.email, address, guess=guess)
    send_and_log(session, "video_moderator_invite", draft, event_id=event.id)


@signals.on("video-stream-moderator.created")
def _send_the_link(session: Session, *, id: int, viewer_id: int | None = None, **_payload: object) -> None:
    outbox.add(session, NAME, {"moderator_id": id, "inviter_id": viewer_id})


def _event_of(session: Session, stream: VideoStream) -> Event | None:
    """The event of a stream, or of its rooms; None if it is deleted."""
    rooms = select(Microlocation.event_id).where(Microlocation.video_stream_id == stream.id)
    wanted = Event.id == stream.event_id if stream.event_id is not None else Event.id.in_(rooms)
    return session.scalars(select(Event).where(wanted, Event.deleted_at.is_(None)).limit(1)).one_or_none()
