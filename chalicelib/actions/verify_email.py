"""Showing that an e-mail address is one's own, by the token that was mailed to it."""

from chalicelib import signals
from chalicelib.actions.account_requests import account_at, data, text
from chalicelib.auth import tokens
from chalicelib.docs.shown import shows
from chalicelib.jsonapi.action import action
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.errors import Problem, invalid
from chalicelib.jsonapi.request import Answer, plain
from chalicelib.limits.declared import TOKEN_GUESSES, VERIFICATION_MAIL, VERIFICATION_MAIL_BY_SOURCE


@action("POST", "/v1/auth/verify-email", reads_token=False, limited_by=(TOKEN_GUESSES,))
@shows(
    who="whoever has the token from the mail",
    open=True,
    takes={"data": {"token": "VERIFICATION_TOKEN"}},
    gives={"message": "The e-mail address is verified."},
    refuses=(400, 413),
)
def verify_email(context: Context) -> Answer:
    """{data: {token}} -> the account is verified. 400 for a token that is not ours or too old an address."""
    email = tokens.email_of_verification_token(text(data(context), "token", at="/data"))
    user = account_at(context, email)
    if user is None:
        raise Problem(400, "No account has the address of this token.", pointer="/data/token")
    if not user.is_verified:
        user.is_verified = True
        signals.emit(context.session, "user.verified", id=user.id)
    return plain({"message": "The e-mail address is verified."})


@action(
    "POST",
    "/v1/auth/resend-verification-email",
    reads_token=False,
    limited_by=(VERIFICATION_MAIL, VERIFICATION_MAIL_BY_SOURCE),
)
@shows(
    who="everybody",
    open=True,
    takes={"data": {"email": "ada@example.org"}},
    gives={"message": "The verification mail is on its way."},
    refuses=(400, 413, 422),
)
def resend_verification_email(context: Context) -> Answer:
    """{data: {email}} -> the verification mail is sent again. 422 for an unknown address."""
    user = account_at(context, text(data(context), "email", at="/data"))
    if user is None:
        raise invalid("No account has this e-mail address.", "/data/email")
    if not user.is_verified:
        signals.emit(context.session, "user.verification_requested", id=user.id)
    return plain({"message": "The verification mail is on its way."})
