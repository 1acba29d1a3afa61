"""Email verification, by the token in the verification email."""

from chalicelib import signals
from chalicelib.actions.account_requests import data, note_verified, text
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import bad_document
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import TOKEN_GUESSES, VERIFICATION_MAIL, VERIFICATION_MAIL_BY_SOURCE
from chalicelib.resources.people.user.one_time_tokens import Purpose, spend

_ON_ITS_WAY = "If an account with this address waits for verification, a mail is on its way."


@action("POST", "/v1/auth/verify-email", lenient=True, reads_token=False, limited_by=(TOKEN_GUESSES,))
@documented(
    who="whoever has the token from the mail",
    open=True,
    request={"data": {"token": "VERIFICATION_TOKEN"}},
    response={"message": "The e-mail address is verified."},
    errors=(400, 413),
)
def verify_email(context: Context) -> Answer:
    """{data: {token}} -> the account is verified.

    400 for a token that is unknown, used, older than 7 days, or was sent to another address than the
    account's.
    """
    user = spend(context.session, Purpose.EMAIL_VERIFICATION, text(data(context), "token", at="/data"))
    if user is None:
        raise bad_document("This verification token is unknown, used or expired.", "/data/token")
    note_verified(context, user)
    return plain({"message": "The e-mail address is verified."})


@action(
    "POST",
    "/v1/auth/resend-verification-email",
    lenient=True,
    reads_token=False,
    limited_by=(VERIFICATION_MAIL, VERIFICATION_MAIL_BY_SOURCE),
)
@documented(
    who="everybody",
    open=True,
    request={"data": {"email": "ada@example.org"}},
    response={"message": _ON_ITS_WAY},
    errors=(400, 413),
)
def resend_verification_email(context: Context) -> Answer:
    """{data: {email}} -> the verification email is sent again, if needed; the answer does not tell."""
    # The account is looked up by a task, so that neither text nor timing discloses whether there is one.
    email = text(data(context), "email", at="/data").strip()
    signals.emit(context.session, "user.verification_asked_for", email=email)
    return plain({"message": _ON_ITS_WAY})
