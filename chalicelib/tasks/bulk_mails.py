"""Fixes the recipients of a bulk mail in batches with a cursor, and shares them out to tasks that send.

A batch is one transaction with the messages of its shares and of the next batch. So it resumes where it
stopped, and an address is one recipient however often it matches.
"""

from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, log, outbox
from chalicelib.auth import viewer as viewers
from chalicelib.exports.audiences import AUDIENCES, matching, place_of
from chalicelib.exports.export import Place
from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import (
    BULK_MAIL_RECIPIENTS,
    BULK_MAIL_RECIPIENTS_UNVERIFIED,
    BULK_MAILS,
)
from chalicelib.resources import REGISTRY
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.mails.bulk_mail.bulk_mail import BulkMail
from chalicelib.resources.mails.bulk_mail.states import CANCELLED, SENDING, SENT
from chalicelib.resources.people.user.user import User
from chalicelib.tasks.order_summary import team_of
from chalicelib.tasks.registry import RetryLater, task

NAME: Final = "fix_bulk_mail"
SHARE_NAME: Final = "send_bulk_mail_share"
_SETTLE_NAME: Final = "settle_bulk_mail"
BATCH: Final = 1000
SHARE: Final = 100  # recipients of one task
# An address that has refused in one of its rows gets nothing, whichever row comes first.
_INSERT: Final = """
    INSERT INTO bulk_mail_recipients AS kept (bulk_mail_id, email, name, state, detail, changed_at)
    SELECT $2, email, (array_agg(name ORDER BY id))[1],
           CASE WHEN bool_or(refused) THEN 'skipped' ELSE 'waiting' END,
           CASE WHEN bool_or(refused) THEN 'no consent' END, $3
    FROM (SELECT id, lower(trim(email)) AS email, name, refused FROM ({people}) each) person
    GROUP BY email ORDER BY min(id)
    ON CONFLICT (bulk_mail_id, email) DO UPDATE SET state = 'skipped', detail = 'no consent'
      WHERE excluded.state = 'skipped' AND kept.state = 'waiting'
    RETURNING id, state
"""
_SETTLE: Final = f"""
    UPDATE bulk_mails SET state = '{SENT}', ended_at = $2
    WHERE id = $1 AND state = '{SENDING}' AND fixed_at IS NOT NULL AND NOT EXISTS (
      SELECT FROM bulk_mail_recipients r WHERE r.bulk_mail_id = $1 AND r.state IN ('waiting', 'sending'))
"""  # noqa: S608 - constants
LIMITS: Final = (BULK_MAILS, BULK_MAIL_RECIPIENTS, BULK_MAIL_RECIPIENTS_UNVERIFIED)


def begin(session: Session, mail_id: int, until: int | None = None) -> None:
    """Enqueue the first batch. Rows after `until` are from later, and no recipients."""
    outbox.add(session, NAME, {"mail_id": mail_id, "until": until}, key=f"{NAME}-{mail_id}-0")


def settle(session: Session, mail_id: int) -> None:
    """With the session's commit the mail is `sent`, if nobody is left."""
    db.enqueue_for_commit(session, _SETTLE, [mail_id, clock.now()])


@task(NAME, min_seconds=14.0, limited_by=LIMITS)
def fix_bulk_mail(session: Session, mail_id: int, after: int = 0, until: int | None = None) -> None:
    """Store the next recipients, by the rights that whoever sends the mail has by now. Raises RetryLater."""
    mail = session.get(BulkMail, mail_id)
    if mail is None:
        raise RetryLater(f"there is no bulk mail {mail_id}")
    if mail.state != SENDING:
        log.info("this bulk mail is not sent any more", mail_id=mail_id, state=mail.state)
        return
    by_its_sender = allowed(session, mail)
    if by_its_sender is None:
        return
    context, place = by_its_sender
    ids = matching(context, mail, place, BATCH, after, until)
    people = _INSERT.replace("{people}", AUDIENCES[mail.audience].people)
    rows = db.fetch(session, people, [list(ids), mail_id, clock.now()]) if ids else []
    waiting = sorted(id for id, state in rows if state == "waiting")
    for at in range(0, len(waiting), SHARE):
        share = waiting[at : at + SHARE]
        send_share(session, mail_id, share[0], share[-1])
    if len(ids) == BATCH:
        rest = {"mail_id": mail_id, "after": ids[-1], "until": until}
        outbox.add(session, NAME, rest, key=f"{NAME}-{mail_id}-{ids[-1]}")
        return
    mail.fixed_at = clock.now()
    # Once this is committed: a share that ends before does not know that it was the last.
    outbox.add(session, _SETTLE_NAME, {"mail_id": mail_id}, key=f"{_SETTLE_NAME}-{mail_id}")


@task(_SETTLE_NAME)
def settle_bulk_mail(session: Session, mail_id: int) -> None:
    """Note that the mail is sent, if all shares had ended before its last recipient was fixed."""
    settle(session, mail_id)


def allowed(session: Session, mail: BulkMail) -> tuple[Context, Place] | None:
    """Whoever sends the mail, by their rights of by now, and whose people it goes to.

    None where they may not write to these any more, or the event is deleted: then the mail is cancelled.
    """
    context, place = _by_its_sender(session, mail), None
    try:
        place = place_of(context, mail) if context is not None else None
    except Problem as problem:
        log.info("whoever sends this bulk mail may not any more", mail_id=mail.id, status=problem.status)
    if context is None or place is None:
        _cancel(mail, "Whoever has sent it may not write to these people any more.")
        return None
    if session.get_one(Event, mail.event_id).deleted_at is not None or not team_of(session, mail.event_id):
        _cancel(mail, "The event is deleted, or nobody of its team may act.")
        return None
    return context, place


def _cancel(mail: BulkMail, why: str) -> None:
    mail.state, mail.ended_at, mail.detail = CANCELLED, clock.now(), why


def send_share(
    session: Session, mail_id: int, first: int, last: int, *, again: int = 0, delay: int = 0
) -> None:
    """Enqueue the mails to the recipients with these ids; `again` tells the messages of a share apart."""
    arguments = {"mail_id": mail_id, "first": first, "last": last, "again": again}
    key = f"{SHARE_NAME}-{mail_id}-{first}-{last}-{again}"
    outbox.add(session, SHARE_NAME, arguments, key=key, delay=delay)


def _by_its_sender(session: Session, mail: BulkMail) -> Context | None:
    sender = session.get(User, mail.sender_id) if mail.sender_id is not None else None
    if sender is None:
        return None
    viewer = viewers.load(session, sender.id, version=sender.token_version)
    return Context(session, viewer, Request("GET", ()), REGISTRY) if viewer is not None else None
