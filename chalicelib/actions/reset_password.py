"""Password reset: request an email, then set a new password with the token in it."""

from chalicelib import signals
from chalicelib.actions.account_requests import data, give_password, note_verified, secret, text
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import not_found
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import RESET_MAIL, RESET_MAIL_BY_SOURCE, TOKEN_GUESSES
from chalicelib.resources.people.user.one_time_tokens import Purpose, spend


@action(
    "POST",
    "/v1/auth/reset-password",
    lenient=True,
    reads_token=False,
    limited_by=(RESET_MAIL, RESET_MAIL_BY_SOURCE),
)
@documented(
    who="everybody",
    open=True,
    request={"data": {"email": "ada@example.org"}},
    response={"message": "If an account has this address, a mail with a reset link is on its way."},
    errors=(400, 413),
)
def ask_for_reset(context: Context) -> Answer:
    """{data: {email}} -> an email with a reset token, if there is such an account; the answer does not
    tell.
    """
    email = text(data(context), "email", at="/data")
    # The account is looked up by a task, so that neither text nor timing discloses whether there is one.
    signals.emit(context.session, "user.password_reset_asked_for", email=email)
    return plain({"message": "If an account has this address, a mail with a reset link is on its way."})


@action("PATCH", "/v1/auth/reset-password", lenient=True, reads_token=False, limited_by=(TOKEN_GUESSES,))
@documented(
    who="whoever has the token",
    open=True,
    request={"data": {"token": "RESET_TOKEN", "password": "another long password"}},
    response={"id": 1, "email": "ada@example.org", "name": "Ada Lovelace"},
    errors=(400, 404, 413, 422),
)
def reset_password(context: Context) -> Answer:
    """{data: {token, password}} -> the password is set, the account verified, and all its tokens are revoked.

    404 for a token that is unknown, used, older than an hour, or was sent to another address than the
    account's; 422 for a password that violates the policy.
    """
    content = data(context)
    token, password = text(content, "token", at="/data"), secret(content, "password", at="/data")
    user = spend(context.session, Purpose.PASSWORD_RESET, token)
    if user is None:
        raise not_found("No account waits for this token.", "/data/token")
    give_password(user, password, "/data/password", status=422)
    note_verified(context, user)
    signals.emit(context.session, "user.password_changed", id=user.id)
    return plain({"id": user.id, "email": user.email, "name": user.full_name})
