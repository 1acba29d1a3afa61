"""Emails of a question to the organizers of an event or a group, and of a copy to whoever asks.

The text comes from the request, so it is bounded there, and goes out as plain lines. The copy is sent to a
verified address only: an account can be made for any.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.limits.declared import QUESTIONS, QUESTIONS_BY_SOURCE
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.groups.group.group import Group
from chalicelib.resources.groups.users_groups_role import UsersGroupsRole
from chalicelib.resources.people.user.user import User
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.order_summary import team_of
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_and_log import send_and_log

NAME: Final = "send_question_mails"
ABOUT_EVENT: Final = "contact_organizers"
ABOUT_GROUP: Final = "contact_group_organizers"
_QUESTION: Final = "send_question_mail"
_COPY: Final = "send_question_copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(MailTemplate):
    """A question about an event or a group; `name` of who asks may be empty."""

    folder: ClassVar[str] = "question"
    about: str
    name: str
    address: str
    lines: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionCopy(MailTemplate):
    """The copy of a question for who asked it."""

    folder: ClassVar[str] = "question_copy"
    about: str
    lines: list[str]


@task(NAME)
def send_question_mails(session: Session, kind: str, about_id: int, sender_id: int, text: str) -> None:
    """Enqueue an email to each organizer, and the copy. `about_id` is of an event or a group, by `kind`."""
    sender, about = _active(session, sender_id), _about(session, kind, about_id)
    if sender is None or about is None:
        log.info("who asks may not act, or what is asked about is deleted", kind=kind, about_id=about_id)
        return
    arguments = {"kind": kind, "about_id": about_id, "sender_id": sender_id, "text": text}
    for user in _organizers(session, kind, about_id):
        outbox.add(session, _QUESTION, {**arguments, "user_id": user.id})
    if sender.is_verified:
        outbox.add(session, _COPY, arguments)


@task(_QUESTION, limited_by=(QUESTIONS, QUESTIONS_BY_SOURCE))
def send_question_mail(
    session: Session, kind: str, about_id: int, sender_id: int, text: str, user_id: int
) -> None:
    """Email one of the organizers, if they still are one."""
    sender, about = _active(session, sender_id), _about(session, kind, about_id)
    if sender is None or about is None:
        return
    question = Question(
        about=about, name=sender.full_name or "", address=sender.email, lines=text.splitlines()
    )
    for user in _organizers(session, kind, about_id):
        if user.id == user_id:
            draft = question.mail(user.email, reply_to=sender.email)
            send_and_log(session, kind, draft, event_id=_event_id(kind, about_id))


@task(_COPY, limited_by=(QUESTIONS, QUESTIONS_BY_SOURCE))
def send_question_copy(session: Session, kind: str, about_id: int, sender_id: int, text: str) -> None:
    """Email the copy."""
    sender, about = _active(session, sender_id), _about(session, kind, about_id)
    if sender is not None and about is not None:
        draft = QuestionCopy(about=about, lines=text.splitlines()).mail(sender.email)
        send_and_log(session, kind, draft, event_id=_event_id(kind, about_id))


@signals.on("event.question_asked")
def _of_an_event(session: Session, *, id: int, sender_id: int, text: str, **_payload: object) -> None:
    _enqueue(session, ABOUT_EVENT, id, sender_id, text)


@signals.on("group.question_asked")
def _of_a_group(session: Session, *, id: int, sender_id: int, text: str, **_payload: object) -> None:
    _enqueue(session, ABOUT_GROUP, id, sender_id, text)


def _enqueue(session: Session, kind: str, about_id: int, sender_id: int, text: str) -> None:
    arguments = {"kind": kind, "about_id": about_id, "sender_id": sender_id, "text": text}
    outbox.add(session, NAME, arguments)


def _active(session: Session, user_id: int) -> User | None:
    user = session.get(User, user_id)
    return user if user is not None and user.deleted_at is None and not user.is_blocked else None


def _about(session: Session, kind: str, id: int) -> str | None:
    """The name of the event or the group, or None once it is deleted."""
    row: Event | Group | None = session.get(Event, id) if kind == ABOUT_EVENT else session.get(Group, id)
    return row.name if row is not None and row.deleted_at is None else None


def _event_id(kind: str, about_id: int) -> int | None:
    return about_id if kind == ABOUT_EVENT else None


def _organizers(session: Session, kind: str, id: int) -> Iterable[User]:
    if kind == ABOUT_EVENT:
        return team_of(session, id)
    roles = UsersGroupsRole
    accepted = select(roles.user_id).where(roles.group_id == id, roles.accepted, roles.user_id.is_not(None))
    owner = select(Group.user_id).where(Group.id == id)
    people = User.id.in_(accepted.union(owner))
    may_act = (User.deleted_at.is_(None), User.is_blocked.is_(False))
    return session.scalars(select(User).where(people, *may_act).order_by(User.id)).all()
