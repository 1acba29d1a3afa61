"""Bulk mails: what they would say and to whom, and the moves from a draft over its review to the mails."""

from typing import Final

from chalicelib import clock
from chalicelib.auth.roles import COORGANIZERS, OWNER
from chalicelib.docs.documented import documented
from chalicelib.exports.audiences import matching, place_of, previewed
from chalicelib.jsonapi.ground.errors import conflict, forbidden, invalid
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import demand_state
from chalicelib.jsonapi.http.limited import demand, demand_many
from chalicelib.jsonapi.http.preconditions import compared
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.jsonapi.write.changing import lock_editable
from chalicelib.limits.declared import (
    BULK_MAIL_RECIPIENTS,
    BULK_MAIL_RECIPIENTS_UNVERIFIED,
    BULK_MAILS,
)
from chalicelib.limits.limit import Exempt
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.mails.bulk_mail import states
from chalicelib.resources.mails.bulk_mail.bulk_mail import BULK_MAIL, BulkMail, demand_that_it_can_be_sent
from chalicelib.resources.mails.bulk_mail.states import Move
from chalicelib.tasks import bulk_mails
from chalicelib.tasks.bulk_mail_text import written
from chalicelib.tasks.order_summary import team_of

MOST: Final = 250_000
MOST_OF_UNVERIFIED: Final = 50
_FIRST: Final = 10
_WHO: Final = "owner, organizers and coorganizers of the event"
_MOVES_ONCE: Final = (Exempt("a state is left once"),)
_ERRORS: Final = (400, 401, 403, 404, 409, 422)
_MOVE_ERRORS: Final = (*_ERRORS, 412)


@action("GET", "/v1/bulk-mails/{id}/preview")
@documented(
    who=_WHO,
    response={
        "count": 1,
        "skipped": 0,
        "recipients": [{"email": "grace@example.org", "name": "Grace Hopper"}],
        "subject": "News about Compiler Days",
        "message": "Dear Grace Hopper, ...",
    },
    optional_in_response=("email",),
    errors=_ERRORS,
)
def preview_bulk_mail(context: Context, id: str) -> Answer:
    """{count, skipped, recipients, subject, message}: to how many addresses the mail would go by now.

    `skipped` of them have refused, unsubscribed or are suppressed; `recipients` are the first ten others, and
    the text is that for the first one. An `email` that the viewer may not see is null.
    """
    found = visible_to_team(context, "bulk-mail", id, roles=COORGANIZERS)
    mail = context.session.get_one(BulkMail, found.id)
    count, skipped, some, _ = _recipients(context, mail)
    event = context.session.get_one(Event, mail.event_id)
    subject, lines = written(mail, event, some[0][1] if some else "")
    shown = [{"email": email, "name": name} for email, name in some]
    text = {"subject": subject, "message": "\n".join(lines)}
    return plain({"count": count, "skipped": skipped, "recipients": shown, **text})


@action("POST", "/v1/bulk-mails/{id}/submit", limited_by=_MOVES_ONCE)
@documented(who=_WHO, response={"state": "held"}, errors=_MOVE_ERRORS)
def submit_bulk_mail(context: Context, id: str) -> Answer:
    """{state}: puts a draft into the box for review; it is not edited there. Raises Problem 409."""
    mail = _locked(context, id, states.SUBMIT)
    demand_that_it_can_be_sent(context, mail)
    return _moved(mail, states.SUBMIT)


@action("POST", "/v1/bulk-mails/{id}/reopen", limited_by=_MOVES_ONCE)
@documented(who=_WHO, response={"state": "draft"}, errors=_MOVE_ERRORS)
def reopen_bulk_mail(context: Context, id: str) -> Answer:
    """{state}: makes a mail that is held or approved a draft again. Raises Problem 409."""
    mail = _locked(context, id, states.REOPEN)
    mail.submitted_at = mail.approved_at = mail.approver_id = None
    return _moved(mail, states.REOPEN)


@action("POST", "/v1/bulk-mails/{id}/approve", limited_by=_MOVES_ONCE)
@documented(who=_WHO, response={"state": "approved"}, errors=_MOVE_ERRORS)
def approve_bulk_mail(context: Context, id: str) -> Answer:
    """{state}: approves a mail that is held. Where the event's `bulk-mails-need-approval` is true, not by
    whoever has written it last, 403. Raises Problem 409.
    """
    mail = _locked(context, id, states.APPROVE)
    event = context.session.get_one(Event, mail.event_id)
    if event.bulk_mails_need_approval and mail.author_id == context.viewer.id:
        raise forbidden("Somebody else of the team approves what you have written.")
    mail.approver_id = context.viewer.id
    return _moved(mail, states.APPROVE)


@action("POST", "/v1/bulk-mails/{id}/send", limited_by=(BULK_MAILS, BULK_MAIL_RECIPIENTS))
@documented(who=_WHO, response={"state": "sending"}, errors=_MOVE_ERRORS)
def send_bulk_mail(context: Context, id: str) -> Answer:
    """{state}: begins to send an approved mail, in the background. Its recipients are fixed then, by its
    filter and the rights of whoever sends it; each address gets it once. `sent`, `skipped`, `failed` and
    `remaining` of the mail are the progress. Raises Problem 403 for more than 50 recipients
    where the address of the event's owner is not verified, 409, 422.
    """
    mail = _locked(context, id, states.SEND)
    event = context.session.get_one(Event, mail.event_id)
    if event.bulk_mails_need_approval and mail.approver_id in {None, mail.author_id}:
        raise forbidden("Somebody else of the team than its author approves this mail first.")
    demand_that_it_can_be_sent(context, mail)
    count, skipped, _, last = _recipients(context, mail)
    if count == skipped:
        raise conflict("Nobody would get this mail.")
    owner = next(iter(team_of(context.session, mail.event_id, OWNER)), None)
    answers = owner is not None and owner.is_verified
    if count > MOST_OF_UNVERIFIED and not answers:
        raise forbidden(
            f"The address of the event's owner is not verified: {MOST_OF_UNVERIFIED} recipients at most."
        )
    mail.group_id = event.group_id
    mail.sender_id = context.viewer.id
    answer = _moved(mail, states.SEND)
    bulk_mails.begin(context.session, mail.id, last)
    event_name = f"event {mail.event_id}"
    # By owner: anybody can have many events, and enter any addresses there.
    whose = event_name if owner is None else f"owner {owner.id}"
    demand(context, BULK_MAILS.counter(event_name))
    demand_many(context, BULK_MAIL_RECIPIENTS.counter(whose), count - skipped)
    if not answers:
        demand_many(context, BULK_MAIL_RECIPIENTS_UNVERIFIED.counter(whose), count - skipped)
    return answer


@action("POST", "/v1/bulk-mails/{id}/cancel", limited_by=_MOVES_ONCE)
@documented(who=_WHO, response={"state": "cancelled"}, errors=_MOVE_ERRORS)
def cancel_bulk_mail(context: Context, id: str) -> Answer:
    """{state}: the mail is not sent, or not to those whom it has not reached yet. Raises Problem 409."""
    return _moved(_locked(context, id, states.CANCEL), states.CANCEL)


def _locked(context: Context, id: str, move: Move) -> BulkMail:
    if context.request.body.strip() not in {b"", b"{}"}:
        raise invalid("This takes no body.", "")
    context.demand_account()
    mail: BulkMail = lock_editable(context, BULK_MAIL, id)
    demand_state(context, BULK_MAIL, id)
    states.demand(move, mail.state)
    return mail


def _moved(mail: BulkMail, move: Move) -> Answer:
    mail.state = move.state
    if move.stamp:
        setattr(mail, move.stamp, clock.now())
    return compared(plain({"state": mail.state}))


def _recipients(context: Context, mail: BulkMail) -> tuple[int, int, list[tuple[str | None, str]], int]:
    """(addresses, of which skipped, the first of the others, the last row). Raises Problem."""
    place = place_of(context, mail)
    ids = matching(context, mail, place, MOST + 1)
    if len(ids) > MOST:
        raise invalid(f"These are more than {MOST:,} recipients: narrow the filter.", "/filter")
    return *previewed(context, mail, place, ids, _FIRST), max(ids, default=0)
