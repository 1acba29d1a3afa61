"""All rate limits. The number and period of each are the setting limit_<name> (docs/operating.md).

None is by account alone where a stranger could exhaust it: guessing passwords must not lock the owner out
from another address.
"""

from typing import Final

from chalicelib.limits.limit import Counts, Limit
from chalicelib.limits.scopes import (
    account,
    given,
    parameter,
    person,
    recipient,
    source,
    without_account,
)

_EMAIL: Final = recipient("/email", "/username")
_NEW_ADDRESS: Final = recipient("/data/attributes/email")
_CODE: Final = given("code", "/discount-code", "/discount_code", "/access-code", "/access_code")


def _wrong_password(status: int, _pointer: str) -> bool:
    return status == 401


def _unknown_token(status: int, _pointer: str) -> bool:
    return status in {400, 401, 403, 404}


def _unknown_code(status: int, pointer: str) -> bool:
    if status == 404:
        return not pointer.startswith("/tickets")
    return status == 422 and pointer.startswith(("/discount", "/access"))


def _by_recipient(name: str, what: str) -> Limit:
    """Mails to an address that somebody has typed, whoever it was."""
    return Limit(name, (recipient("/email"),), what, counts=Counts.DONE, member="/email")


# Passwords.
SIGN_IN: Final = Limit(
    "sign_in",
    (_EMAIL, source),
    "wrong passwords for this account from here",
    counts=Counts.MISSED,
    member="/password",
    misses=_wrong_password,
)
SIGN_IN_BY_SOURCE: Final = Limit(
    "sign_in_by_source",
    (source,),
    "wrong passwords from here",
    counts=Counts.MISSED,
    member="/password",
    misses=_wrong_password,
)
PASSWORD_CHECK: Final = Limit("password_check", (account, source), "passwords from here")
# Tokens in emails, and refresh tokens.
TOKEN_GUESSES: Final = Limit(
    "token_guesses",
    (source,),
    "unknown tokens from here",
    counts=Counts.MISSED,
    member="/data/token",
    misses=_unknown_token,
)
REFRESH: Final = Limit(
    "refresh", (source,), "unknown refresh tokens from here", counts=Counts.MISSED, misses=_wrong_password
)
# Whether an address is registered, and sign-up.
CHECK_EMAIL: Final = Limit("check_email", (source,), "questions about accounts from here", member="/email")
SIGN_UP: Final = Limit("sign_up", (source,), "new accounts from here", counts=Counts.DONE)
# Emails to an address that may not be the requester's own.
RESET_MAIL: Final = Limit(
    "reset_mail", (recipient("/data/email"),), "reset mails to this address", member="/data/email"
)
RESET_MAIL_BY_SOURCE: Final = Limit("reset_mail_by_source", (source,), "reset mails asked for from here")
# Separate, so that requesting emails to an address does not block its owner from signing up.
VERIFICATION_MAIL: Final = Limit(
    "verification_mail", (recipient("/data/email"),), "verification mails to this address", counts=Counts.DONE
)
FIRST_MAIL: Final = Limit(
    "first_mail",
    (recipient("/data/attributes/email", "/email"),),
    "verification mails to this address",
    counts=Counts.DONE,
    member="/data/attributes/email",
)
VERIFICATION_MAIL_BY_SOURCE: Final = Limit(
    "verification_mail_by_source", (source,), "verification mails asked for from here", member="/data/email"
)
ADDRESS_CHANGE: Final = Limit(
    "address_change",
    (account,),
    "changes of the e-mail address",
    counts=Counts.DONE,
    member="/data/attributes/email",
)
INVITATIONS: Final = Limit("invitations", (account,), "invitations", counts=Counts.DONE)
INVITATIONS_TO_ONE: Final = Limit(
    "invitations_to_one",
    (account, _NEW_ADDRESS),
    "invitations to this address",
    counts=Counts.DONE,
    member="/data/attributes/email",
)
INVITATIONS_BY_RECIPIENT: Final = Limit(
    "invitations_by_recipient",
    (_NEW_ADDRESS,),
    "invitations to this address",
    counts=Counts.DONE,
    member="/data/attributes/email",
)
# Tickets held for people of a table: counted by its import.
TICKET_INVITATIONS: Final = Limit("ticket_invitations", (account,), "invitations to tickets")
# Offers of tickets, each of which is mailed to an address that somebody has typed.
TICKET_TRANSFERS: Final = Limit("ticket_transfers", (account,), "offers of tickets", counts=Counts.DONE)
TRANSFERS_BY_RECIPIENT: Final = _by_recipient("transfers_by_recipient", "offers of tickets to this address")
# Joining a waiting list mails the address that somebody has typed.
WAITING_LIST_JOINS: Final = Limit(
    "waiting_list_joins", (person,), "entries of waiting lists", counts=Counts.DONE
)
JOINS_BY_RECIPIENT: Final = _by_recipient("joins_by_recipient", "entries of waiting lists for this address")
# Attendees of group orders, each of whom is mailed at an address that the buyer has typed.
FORM_REQUESTS: Final = Limit("form_requests", (account,), "requests to attendees", counts=Counts.DONE)
FORM_REQUESTS_BY_RECIPIENT: Final = _by_recipient("form_requests_by_recipient", "requests to this address")
_REQUEST: Final = (account, parameter("request"))
FORM_REQUEST_AGAIN: Final = Limit("form_request_again", _REQUEST, "mails of it", counts=Counts.DONE)
INVITATION_AGAIN: Final = Limit(
    "invitation_again", (account, parameter("id")), "mails of this invitation", counts=Counts.DONE
)
ORDER_MAILS: Final = Limit("order_mails", (account,), "mails about orders", counts=Counts.DONE)
ORDER_MAILS_BY_SOURCE: Final = Limit(
    "order_mails_by_source", (source,), "mails about orders asked for from here", counts=Counts.DONE
)
# Orders without an account, each of which is mailed to an address that somebody has typed.
_BUYER: Final = without_account(recipient("/buyer/email"))
_BOUGHT_FROM: Final = without_account(source)
GUEST_ORDERS: Final = Limit(
    "guest_orders", (_BUYER,), "orders for this address", counts=Counts.DONE, member="/buyer/email"
)
GUEST_ORDERS_BY_SOURCE: Final = Limit(
    "guest_orders_by_source",
    (_BOUGHT_FROM,),
    "orders without an account from here",
    counts=Counts.DONE,
    member="/buyer",
)
# Counted by the action, which finds the event.
GUEST_ORDERS_BY_EVENT: Final = Limit(
    "guest_orders_by_event", (account,), "orders without an account for this event", member="/buyer"
)
# Links of such orders, mailed once more.
LINK_MAILS: Final = Limit(
    "link_mails", (recipient("/data/email"),), "mails with links to this address", member="/data/email"
)
LINK_MAILS_BY_SOURCE: Final = Limit(
    "link_mails_by_source", (source,), "mails with links asked for from here", member="/data/email"
)
# Counted by the tasks that send emails about an order; excess ones are delayed (tasks/paces.py).
GUEST_MAILS: Final = Limit("guest_mails", (account,), "mails to guests")
GUEST_MAILS_PAID: Final = Limit("guest_mails_paid", (account,), "mails to guests of paid orders")
GUEST_MAILS_TO_ONE: Final = Limit(
    "guest_mails_to_one", (account, recipient("/email")), "tickets to this address"
)
GUEST_MAILS_BY_RECIPIENT: Final = Limit(
    "guest_mails_by_recipient", (recipient("/email"),), "tickets to this address by anybody"
)
ORGANIZER_MAILS: Final = Limit(
    "organizer_mails", (account,), "mails to an event's team about one buyer's orders"
)
# Emails to speakers, asked for by an event's team; those to one speaker are counted by the task.
SESSION_MAILS: Final = Limit("session_mails", (account,), "mails about sessions", counts=Counts.DONE)
# Each tells speakers and fans what has changed.
SCHEDULE_RELEASES: Final = Limit(
    "schedule_releases", (account,), "releases of a schedule", counts=Counts.DONE
)
SESSION_MAILS_TO_ONE: Final = Limit(
    "session_mails_to_one", (account, recipient("/email")), "mails about sessions to this address"
)
SESSION_MAILS_BY_RECIPIENT: Final = Limit(
    "session_mails_by_recipient", (recipient("/email"),), "mails about sessions to this address by anybody"
)
SPEAKER_MAILS: Final = Limit("speaker_mails", (account,), "mails to speakers of one owner's events")
SPEAKER_MAILS_UNVERIFIED: Final = Limit(
    "speaker_mails_unverified", (account,), "mails to speakers of an unverified owner's events"
)
# Sign-ups for sessions, each of which may be mailed; and emails to who has signed up, counted by the task.
SIGN_UPS: Final = Limit("sign_ups", (account,), "sign-ups for sessions", counts=Counts.DONE)
SIGN_UP_MAILS: Final = Limit("sign_up_mails", (account,), "mails about sign-ups at one owner's events")
# Counted by the task that mails an event's owner.
SUBMISSION_MAILS: Final = Limit("submission_mails", (account,), "mails to an owner about new sessions")
# Questions to organizers.
QUESTIONS: Final = Limit("questions", (account,), "questions", counts=Counts.DONE)
QUESTIONS_BY_SOURCE: Final = Limit(
    "questions_by_source", (source,), "questions from here", counts=Counts.DONE
)
ANNOUNCEMENTS: Final = Limit("announcements", (account,), "announcements", counts=Counts.DONE)
# Mails to an event's people, counted by the action, which finds the event and its owner.
BULK_MAILS: Final = Limit("bulk_mails", (account,), "bulk mails", counts=Counts.DONE)
BULK_MAIL_RECIPIENTS: Final = Limit(
    "bulk_mail_recipients", (account,), "recipients of bulk mails of one owner's events"
)
BULK_MAIL_RECIPIENTS_UNVERIFIED: Final = Limit(
    "bulk_mail_recipients_unverified", (account,), "recipients of bulk mails of an unverified owner's events"
)
TEST_MAILS: Final = Limit("test_mails", (account,), "test mails", counts=Counts.DONE)
# Access and discount codes.
CODE_GUESSES: Final = Limit(
    "code_guesses", (person, _CODE), "wrong codes", counts=Counts.MISSED, misses=_unknown_code
)
# Codes in ?code= of a read, right or wrong, as a list does not tell.
CODES_SHOWN: Final = Limit("codes_shown", (source,), "codes shown from here")
CODE_GUESSES_BY_SOURCE: Final = Limit(
    "code_guesses_by_source", (source, _CODE), "wrong codes", counts=Counts.MISSED, misses=_unknown_code
)
# What takes storage, and computing time also where it is refused.
UPLOADS: Final = Limit("uploads", (account,), "uploads")
# Tasks whose results clients poll, counted by task_results.start.
TASKS: Final = Limit("tasks", (account,), "tasks")
# Documents, which a task draws where they are not stored yet.
PAPERS: Final = Limit("papers", (account,), "documents")
# Codes of certificates, right or wrong.
CERTIFICATES: Final = Limit("certificates", (source,), "codes of certificates from here")
# What makes this system call a video or chat service.
SERVICE_CALLS: Final = Limit("service_calls", (account,), "requests to video and chat services")
# What makes this system call a payment provider, or send money back.
PAYMENTS: Final = Limit("payments", (account,), "requests about payments")
FORGED_EVENTS: Final = Limit(
    "forged_events",
    (source,),
    "events from here that no provider has sent",
    counts=Counts.MISSED,
    misses=lambda status, _pointer: status == 403,
)
# What takes computing time, also where it is refused.
BADGE_PREVIEWS: Final = Limit("badge_previews", (account,), "previews of badges")
# What adds rows without end.
VIRTUAL_CHECK_INS: Final = Limit("virtual_check_ins", (account,), "virtual check-ins", counts=Counts.DONE)

INVITES: Final = (INVITATIONS, INVITATIONS_TO_ONE, INVITATIONS_BY_RECIPIENT)
GUESTS: Final = (GUEST_ORDERS, GUEST_ORDERS_BY_SOURCE)
CODES: Final = (CODE_GUESSES, CODE_GUESSES_BY_SOURCE)
SIGNING_IN: Final = (SIGN_IN, SIGN_IN_BY_SOURCE)
