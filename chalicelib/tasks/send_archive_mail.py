"""Mails about an archive that was asked for at the former addresses: that it is done, or why not."""

from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy.orm import Session

from chalicelib import log, outbox, task_results
from chalicelib.limits.declared import TASKS
from chalicelib.resources.events.event.pages import organizers_page
from chalicelib.resources.people.user.user import User
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_and_log import send_and_log

NAME: Final = "send_archive_mail"
EXPORTED, EXPORT_FAILED = "event_exported", "event_export_fail"
IMPORTED, IMPORT_FAILED = "event_imported", "event_import_fail"
_LONGEST: Final = 1_000  # characters of a reason


@dataclass(frozen=True, slots=True, kw_only=True)
class EventExported(MailTemplate):
    """That the archive of an event is ready."""

    folder: ClassVar[str] = EXPORTED
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventExportFailed(MailTemplate):
    """Why the archive of an event could not be made."""

    folder: ClassVar[str] = EXPORT_FAILED
    event: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventImported(MailTemplate):
    """That a file has become an event."""

    folder: ClassVar[str] = IMPORTED
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventImportFailed(MailTemplate):
    """Why a file could not be imported."""

    folder: ClassVar[str] = IMPORT_FAILED
    reason: str


@task(NAME, limited_by=(TASKS,))
def send_archive_mail(
    session: Session, kind: str, user_id: int, event: str, identifier: str, reason: str
) -> None:
    """Email the account about the event. Nothing if the account is deleted."""
    user = session.get(User, user_id)
    if user is None or user.deleted_at is not None:
        log.info("nobody waits for this archive any more", user_id=user_id)
        return
    mails: dict[str, MailTemplate] = {
        EXPORTED: EventExported(event=event),
        EXPORT_FAILED: EventExportFailed(event=event, reason=reason),
        IMPORTED: EventImported(event=event),
        IMPORT_FAILED: EventImportFailed(reason=reason),
    }
    address = organizers_page(identifier) if kind in {EXPORTED, IMPORTED} else None
    send_and_log(session, kind, mails[kind].mail(user.email, address))


def tell(
    session: Session, result_id: str, kind: str, *, event: str = "", identifier: str = "", reason: str = ""
) -> None:
    """Have whoever started the task told, once this commits. Call it before the result is finished."""
    viewer = task_results.asker_of(session, result_id)
    if viewer is None or viewer.id is None:
        return
    about = {"event": event, "identifier": identifier, "reason": reason[:_LONGEST]}
    outbox.add(session, NAME, {"kind": kind, "user_id": viewer.id, **about})
