"""Sends a share of a bulk mail. One commit before SES is asked claims a recipient, and notes the former one.

That commit is beside the task's transaction, so a process that is killed leaves one recipient at the most of
whom nobody knows whether SES has the mail. The next process asks the ledger, where SES's event is noted.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import aws, clock, db, doubt, log
from chalicelib.auth.roles import OWNER
from chalicelib.exports.audiences import kind_of
from chalicelib.exports.export import Place
from chalicelib.exports.parts import seconds_for
from chalicelib.mail import Mail, Undeliverable, send
from chalicelib.resources.admin import unsubscribing
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.mails.bulk_mail.bulk_mail import FOLLOWERS, BulkMail
from chalicelib.resources.mails.bulk_mail.states import SENDING
from chalicelib.settings import settings
from chalicelib.tasks import mail_ledger
from chalicelib.tasks.bulk_mail_text import written
from chalicelib.tasks.bulk_mails import LIMITS, SHARE_NAME, allowed, send_share, settle
from chalicelib.tasks.mail_languages import languages_for
from chalicelib.tasks.order_summary import team_of
from chalicelib.tasks.registry import task
from chalicelib.values.messages import MAILS, translated

ACTION: Final = "bulk_mail"
SECONDS: Final = 40.0  # of one message at the most: others wait for it
PAUSE: Final = 10  # seconds after a refusal that is about all mails
DOUBT: Final = timedelta(minutes=10)  # within which SES has published what it took
_UNSUBSCRIBE: Final = "Unsubscribe"
_UNKNOWN: Final = "it is not known whether it was sent"
# What SES says of one mail. Other refusals are about all of them, and pass.
_OF_ONE: Final = frozenset({"MessageRejected", "InvalidParameterValue"})
# $4: the kind of mails that may be unsubscribed from.
_RECIPIENTS: Final = """
    SELECT r.id, r.email, r.name, r.state, r.changed_at,
           (SELECT reason FROM mail_suppressions s
             WHERE lower(s.email) = r.email AND s.kind IN ('', $4) ORDER BY s.kind LIMIT 1)
      FROM bulk_mail_recipients r
     WHERE r.bulk_mail_id = $1 AND r.id BETWEEN $2 AND $3 AND r.state IN ('waiting', 'sending') ORDER BY r.id
"""
_CLAIM: Final = f"""
    WITH claimed AS (
      UPDATE bulk_mail_recipients SET state = 'sending', changed_at = $2
       WHERE id = $1 AND state IN ('waiting', 'sending')
         AND EXISTS (SELECT FROM bulk_mails m WHERE m.id = bulk_mail_id AND m.state = '{SENDING}')
      RETURNING 1)
    INSERT INTO mails (key, recipient, action, kind, language, subject, message_id, event_id, state, time,
                       changed_at, attempts)
    SELECT $3, $4, $5, $6, $7, $8, $9, $10, 'sending', $2, $2, 1 FROM claimed
    ON CONFLICT (key) DO UPDATE SET attempts = mails.attempts + 1, changed_at = excluded.changed_at,
      detail = NULL, state = CASE WHEN mails.state = 'failed' THEN 'sending' ELSE mails.state END
    RETURNING state
"""  # noqa: S608 - constants
_NOTE: Final = """
    WITH noted AS (
      UPDATE mails SET ses_id = coalesce(nullif($4, ''), ses_id), changed_at = $6,
             detail = coalesce($5, detail),
             state = CASE WHEN state <> 'sending' THEN state WHEN $3 = 'sent' THEN 'sent'
                          WHEN $3 = 'skipped' THEN 'suppressed' ELSE 'failed' END
       WHERE key = $2)
    UPDATE bulk_mail_recipients SET state = $3, detail = $5, changed_at = $6 WHERE id = $1
"""
_FATE: Final = "SELECT state, detail FROM mails WHERE key = $1"
_SKIP: Final = """
    UPDATE bulk_mail_recipients r SET state = 'skipped', detail = skipped.why, changed_at = $3
      FROM unnest($1::bigint[], $2::text[]) skipped (id, why) WHERE r.id = skipped.id AND r.state = 'waiting'
"""


@dataclass(frozen=True, slots=True)
class _Recipient:
    id: int
    email: str
    name: str
    state: str
    changed_at: Any
    suppressed: str | None
    language: str


@task(SHARE_NAME, min_seconds=14.0, limited_by=LIMITS)
def send_bulk_mail_share(session: Session, mail_id: int, first: int, last: int, again: int = 0) -> None:
    """Send the mail to the recipients with these ids who have not got it. Raises boto3's errors."""
    mail = session.get(BulkMail, mail_id)
    if mail is None or mail.state != SENDING:  # deleted for good with its event, sent or cancelled
        log.info("this bulk mail is not sent any more", mail_id=mail_id, state=mail and mail.state)
        return
    by_its_sender = allowed(session, mail)
    if by_its_sender is None:
        return
    doubt.demand_certainty(f"bulk mail {mail_id} to its recipients {first} to {last}")
    event = session.get_one(Event, mail.event_id)
    owners = team_of(session, mail.event_id, OWNER)
    share = _Share(session, mail, event, by_its_sender[1], owners[0].email if owners else "")
    rest, in_doubt = share.run(first, last)
    if rest is not None:
        send_share(session, mail_id, rest, last, again=again + 1, delay=share.pause or 0)
    if in_doubt:
        delay = int(DOUBT.total_seconds())
        for id in in_doubt:
            send_share(session, mail_id, id, id, again=again + 1, delay=delay)
    settle(session, mail_id)


class _Share:
    """The recipients of one message; `noted` is what is still to be written of the last one. `pause` is
    before the next message: SES has refused one, as it does where there are too many a second.
    """

    def __init__(self, session: Session, mail: BulkMail, event: Event, place: Place, reply_to: str) -> None:
        self.session, self.mail, self.event, self.reply_to = session, mail, event, reply_to
        self.kind = kind_of(mail, place)
        self.noted: list[object] = []
        self.has_sent = False
        self.pause: int | None = None

    def run(self, first: int, last: int) -> tuple[int | None, list[int]]:
        """(the first recipient that is left for lack of time, those of whom nobody knows yet)."""
        began, seconds = time.monotonic(), seconds_for(self.session, SECONDS)
        rows = db.fetch(self.session, _RECIPIENTS, [self.mail.id, first, last, self.kind])
        languages = languages_for(self.session, [(row[1], None) for row in rows])
        known = zip(rows, languages, strict=True)
        recipients = [_Recipient(*(*row, language)) for row, language in known]
        self._skip([each for each in recipients if each.suppressed and each.state == "waiting"])
        in_doubt: list[int] = []
        try:
            for recipient in recipients:
                if recipient.suppressed and recipient.state == "waiting":
                    continue
                if time.monotonic() - began > seconds:
                    return recipient.id, in_doubt
                if recipient.state == "sending" and not self._is_to_be_sent_again(recipient, in_doubt):
                    continue
                if recipient.suppressed:  # since it was claimed
                    self._note(recipient, "skipped", detail=recipient.suppressed)
                elif not self._send(recipient):
                    break  # cancelled
                if self.pause is not None:
                    return recipient.id, in_doubt
        finally:
            self._write()
        return None, in_doubt

    def _skip(self, skipped: list[_Recipient]) -> None:
        if skipped:
            ids, reasons = [each.id for each in skipped], [each.suppressed for each in skipped]
            with db.transaction(apart=True) as apart:
                db.fetch(apart, _SKIP, [ids, reasons, clock.now()])

    def _is_to_be_sent_again(self, recipient: _Recipient, in_doubt: list[int]) -> bool:
        """A process has died while it asked SES: whether SES does not have the mail, as far as is known."""
        key = self._key(recipient)
        ((state, detail),) = db.fetch(self.session, _FATE, [key])
        is_published = bool(settings().mail_configuration_set)
        if state == "failed":
            self._note(recipient, "failed", detail=detail)
        elif state != "sending":
            self._note(recipient, "sent")
        elif not is_published:
            self._note(recipient, "failed", detail=_UNKNOWN)  # rather than twice
        elif clock.now() - recipient.changed_at < DOUBT:
            in_doubt.append(recipient.id)
        else:
            return True
        return False

    def _send(self, recipient: _Recipient) -> bool:
        """Claim the recipient and ask SES; False where the mail was cancelled meanwhile."""
        mail = self._mail(recipient)
        values = [recipient.id, clock.now(), mail.id, mail.to, ACTION, self.kind, mail.language, mail.subject]
        shown = None if self.mail.audience == FOLLOWERS else self.mail.event_id
        with db.transaction(apart=True) as apart:
            if self.noted:
                db.enqueue(apart, _NOTE, self.noted)
            claimed = db.fetch_and_commit(apart, _CLAIM, [*values, mail.message_id, shown])
        self.noted = []
        if not claimed:
            return False
        try:
            self._note(recipient, "sent", ses_id=send(mail))
            self.has_sent = True
        except Undeliverable:
            self._note(recipient, "failed", detail="the address is invalid")
        except aws.refusal() as problem:
            code = problem.response["Error"]["Code"]
            is_final = code in _OF_ONE
            self._note(recipient, "failed" if is_final else "waiting", detail=f"SES: {code}")
            if not is_final:
                if not self.has_sent:
                    raise
                self.pause = PAUSE  # no failure, of which a message has few: this share gets on
        return True

    def _note(
        self, recipient: _Recipient, state: str, *, ses_id: str = "", detail: str | None = None
    ) -> None:
        self._write()
        self.noted = [recipient.id, self._key(recipient), state, ses_id, detail, clock.now()]

    def _write(self) -> None:
        if self.noted:
            with db.transaction(apart=True) as apart:
                db.fetch(apart, _NOTE, self.noted)
            self.noted = []

    def _key(self, recipient: _Recipient) -> str:
        return mail_ledger.key_of(f"bulk mail {self.mail.id} {recipient.id}")

    def _mail(self, recipient: _Recipient) -> Mail:
        subject, lines = written(self.mail, self.event, recipient.name)
        address = unsubscribing.address(recipient.email, self.kind)
        label = translated(_UNSUBSCRIBE, recipient.language, MAILS)
        return Mail(
            to=recipient.email,
            subject=subject,
            paragraphs=lines,
            reply_to=self.reply_to,
            language=recipient.language,
            unsubscribe=(label, address) if address is not None else None,
            id=self._key(recipient),
        )
