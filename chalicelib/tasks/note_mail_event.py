"""What SES publishes of a mail (event publishing): sent, rejected, bounced, complained of.

EventBridge puts each event into the queue of tasks, as a message whose key is the event's id
(.chalice/resources.yaml). Which mail it is about is said by the mail's tag, the key of its row; so an
event can be early, late, and come again. The address is the row's, never one that an event names.
"""

from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, log
from chalicelib.resources.admin.mail_suppression import ALL, BOUNCE, COMPLAINT, suppress
from chalicelib.tasks.registry import task

NAME: Final = "note_mail_event"
_PERMANENT: Final = "Permanent"
_NO_COMPLAINT: Final = "not-spam"  # the recipient says that the mail is none
# By type of the event: the state, and those that it follows. An early bounce stays when its mail is sent.
_SENT: Final = ("Send", "sent", ("sending",))
_REJECTED: Final = ("Reject", "failed", ("sending", "sent"))
_BOUNCED: Final = ("Bounce", "bounced", ("sending", "sent", "failed"))
_COMPLAINED: Final = ("Complaint", "complained", ("sending", "sent", "failed", "bounced"))
_STATES: Final = {
    event: (state, former) for event, state, former in (_SENT, _REJECTED, _BOUNCED, _COMPLAINED)
}
_UPDATE: Final = """
    UPDATE mails SET ses_id = coalesce(nullif($2, ''), ses_id), changed_at = $3,
           state = CASE WHEN state = ANY ($4) THEN $5 ELSE state END,
           detail = CASE WHEN state = ANY ($4) THEN nullif($6, '') ELSE detail END
     WHERE key = $1 RETURNING recipient
"""


@task(NAME)
def note_mail_event(
    session: Session, event: str, mail: str, ses_id: str, bounce: str = "", detail: str = ""
) -> None:
    """Note what has become of a mail. `bounce` is the type of a bounce, `detail` its subtype, or what a
    complaint or a rejection says.

    Hard bounces and complaints suppress the address. Other events, and those about other mails, are ignored.
    """
    if event not in _STATES or detail == _NO_COMPLAINT:
        log.info("nothing follows from this event of SES", event=event)
        return
    state, former = _STATES[event]
    said = " ".join(part for part in (bounce, detail) if part)
    rows = db.fetch(session, _UPDATE, [mail, ses_id, clock.now(), list(former), state, said])
    if not rows:
        log.info("this event of SES is about no mail of ours", event=event)
        return
    reason = {"Complaint": COMPLAINT, "Bounce": BOUNCE if bounce == _PERMANENT else None}.get(event)
    if reason is not None:
        suppress(session, rows[0][0], ALL, reason, said or None)
        log.info("an address is suppressed", reason=reason)
