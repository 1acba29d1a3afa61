"""Sends and logs an email in its reader's language, unless its kind is disabled or its address suppressed."""

from dataclasses import replace
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import aws, db, doubt, log
from chalicelib.mail import Mail, Undeliverable, send
from chalicelib.resources.admin import unsubscribing
from chalicelib.tasks import mail_ledger, own_texts
from chalicelib.tasks.mail_languages import language_for
from chalicelib.tasks.mail_template import Draft
from chalicelib.tasks.registry import PermanentFailure
from chalicelib.values.addresses import stored_form
from chalicelib.values.messages import MAILS, translated

_SUPPRESSED: Final = """
    SELECT (SELECT enabled FROM message_settings WHERE action = $1),
           (SELECT reason FROM mail_suppressions
             WHERE lower(email) = lower($2) AND kind IN ('', $3) ORDER BY kind LIMIT 1)
"""
_UNSUBSCRIBE: Final = "Unsubscribe"
# Kinds that no switch stops, as somebody needs what only they say. All others have a message-setting.
TRANSACTIONAL: Final = frozenset(
    {
        "form_requested",  # leads to the form of somebody's ticket
        "order_link",  # opens an order that was bought without an account
        "order_refunded",  # money goes back
        "refund_declined",  # money does not go back
        "ticket_exchanged",  # another code is valid, and money may go back
        "ticket_offered",  # leads to a ticket that is passed on
        "ticket_offer_ended",
        "ticket_passed_on",  # a ticket is somebody else's
        "waiting_list_joined",  # shows that the address is theirs, and leads to their place in line
        "waiting_list_offer",  # leads to tickets that are held for them
        "waiting_list_ended",
    }
)


def send_and_log(
    session: Session, action: str, draft: Draft, *, event_id: int | None = None, is_shown: bool = True
) -> None:
    """Send and log an email. `action` is that of a message setting, such as "event_role"; `event_id` of the
    event that it is about, whose team sees the entry, unless it is not `is_shown` to them.

    Rows that the task has added, such as the mail's token, are written afterwards: they would lock others
    while SES is asked.
    """
    kind, about = draft.template.folder, event_id if is_shown else None
    with session.no_autoflush:
        ((enabled, suppressed),) = db.fetch(
            session, _SUPPRESSED, [action, stored_form(draft.to), kind], flush=False
        )
        if enabled is False and action not in TRANSACTIONAL:
            log.info("this kind of mail is switched off", kind=action)
            return
        mail = _written(session, draft, event_id)
        if suppressed is not None:
            log.info("this address is suppressed", kind=action, reason=suppressed)
            mail_ledger.suppress(session, mail, action, kind, about, suppressed)
            return
        if doubt.current() is not None and not mail_ledger.is_taken(session, mail):
            doubt.demand_certainty(f"mail to {mail.to}: {mail.subject}")
        is_new = mail_ledger.begin(mail, action, kind, about)
        if not is_new and not draft.holds_secret:
            log.info("an earlier try has sent this mail", kind=action)
            return
        mail_ledger.finish(session, mail, _send(mail))


def _written(session: Session, draft: Draft, event_id: int | None) -> Mail:
    """The mail in its reader's language, with its id, and the link to unsubscribe if it is one to many."""
    language = draft.language or language_for(session, draft.reader or draft.to, draft.kept, draft.guess)
    own = own_texts.find(session, event_id, draft.template.folder, language)
    mail = replace(draft.mail(language, own), id=mail_ledger.id_of(session, draft.to))
    address = unsubscribing.address(draft.to, draft.template.folder) if draft.template.bulk else None
    if address is None:
        return mail
    return replace(mail, unsubscribe=(translated(_UNSUBSCRIBE, language, MAILS), address))


def _send(mail: Mail) -> str:
    """SES's id of the mail. What SES refuses is noted; when it does not answer, nobody knows what it did."""
    try:
        return send(mail)
    except Undeliverable as problem:
        mail_ledger.fail(mail, "the address is invalid")
        raise PermanentFailure(str(problem)) from problem
    except aws.refusal() as problem:
        mail_ledger.fail(mail, f"SES: {problem.response['Error']['Code']}")
        raise
