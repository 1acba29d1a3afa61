"""Ledger of mails: a row for each, committed as `sending` beside the task's transaction, before SES is asked.

A mail is sent at least once, and at most once as far as can be known: what remains is a process that dies
after SES has taken the mail and before the task has committed. Its row says so, the next try finds it, and
does not send again if SES has published that it took the mail (docs/mail.md).
"""

import uuid
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db
from chalicelib.mail import Mail
from chalicelib.resources.admin.mail import FAILED, SENDING, SUPPRESSED
from chalicelib.tasks.registry import MESSAGE_KEY

_NAMESPACE: Final = uuid.UUID("6f2b1a34-0f0c-5b1e-9d57-3f5f2f6b8f10")
_INSERT: Final = """
    INSERT INTO mails (key, recipient, action, kind, language, subject, message, message_id, event_id, detail,
                       state, time, changed_at, attempts)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, 1)
"""
# A former try has not come to its end: this one begins anew, unless SES has said that it took the mail.
_BEGIN: Final = (
    _INSERT
    + """
    ON CONFLICT (key) DO UPDATE SET
        attempts = mails.attempts + 1, subject = excluded.subject, message = excluded.message,
        language = excluded.language, changed_at = excluded.changed_at, detail = NULL,
        state = CASE WHEN mails.state = 'failed' THEN 'sending' ELSE mails.state END
    RETURNING state
"""
)
_SUPPRESS: Final = _INSERT + "ON CONFLICT (key) DO NOTHING"
# A bounce may have been published before.
_SENT: Final = """
    UPDATE mails SET ses_id = $2, changed_at = $3,
           state = CASE WHEN state = 'sending' THEN 'sent' ELSE state END
     WHERE key = $1
"""
_STATE: Final = "SELECT state FROM mails WHERE key = $1"
_FAIL: Final = "UPDATE mails SET state = 'failed', detail = $2, changed_at = $3 WHERE key = $1"


def id_of(session: Session, to: str) -> str:
    """The id of the mail that the session's task sends to this address: the same at each try."""
    message = session.info.get(MESSAGE_KEY) or uuid.uuid4().hex
    return key_of(f"{message} {to.strip().lower()}")


def key_of(text: str) -> str:
    """The key of what the text names: the same at each try."""
    return uuid.uuid5(_NAMESPACE, text).hex


def begin(mail: Mail, action: str, kind: str, event_id: int | None) -> bool:
    """Commit that the mail is being sent; whether SES is not known to have it already."""
    with db.transaction(apart=True) as session:
        ((state,),) = db.fetch(session, _BEGIN, _values(mail, action, kind, event_id, SENDING, None))
    return bool(state == SENDING)


def is_taken(session: Session, mail: Mail) -> bool:
    """Whether SES is known to have the mail."""
    rows = db.fetch(session, _STATE, [mail.id], flush=False)
    return bool(rows) and rows[0][0] not in (SENDING, FAILED)


def suppress(session: Session, mail: Mail, action: str, kind: str, event_id: int | None, why: str) -> None:
    """Note with the task's transaction that the mail is not sent, as its address is suppressed."""
    db.enqueue_for_commit(session, _SUPPRESS, _values(mail, action, kind, event_id, SUPPRESSED, why))


def finish(session: Session, mail: Mail, ses_id: str) -> None:
    """Note with the task's transaction that SES has taken the mail."""
    db.enqueue_for_commit(session, _SENT, [mail.id, ses_id, clock.now()])


def fail(mail: Mail, why: str) -> None:
    """Commit that the mail was refused."""
    with db.transaction(apart=True) as session:
        db.fetch(session, _FAIL, [mail.id, why, clock.now()])


def _values(
    mail: Mail, action: str, kind: str, event_id: int | None, state: str, detail: str | None
) -> list[object]:
    # Without the link: it contains a token, and readers of the log are not its recipient.
    text = "\n\n".join(mail.paragraphs)
    about = [mail.id, mail.to, action, kind, mail.language, mail.subject, text, mail.message_id]
    return [*about, event_id, detail, state, clock.now()]
