"""A forgotten password: ask for a mail, then set a new one with the token from it."""

import secrets

from sqlalchemy import select

from chalicelib import signals
from chalicelib.actions.account_requests import account_at, data, text
from chalicelib.docs.shown import shows
from chalicelib.jsonapi.action import action
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.errors import not_found
from chalicelib.jsonapi.request import Answer, plain
from chalicelib.limits.declared import RESET_MAIL, RESET_MAIL_BY_SOURCE, TOKEN_GUESSES
from chalicelib.resources.people.user import User
from chalicelib.resources.people.user_rules import set_password


@action("POST", "/v1/auth/reset-password", reads_token=False, limited_by=(RESET_MAIL, RESET_MAIL_BY_SOURCE))
@shows(
    who="everybody",
    open=True,
    takes={"data": {"email": "ada@example.org"}},
    gives={"message": "If an account has this address, a mail with a reset link is on its way."},
    refuses=(400, 413),
)
def ask_for_reset(context: Context) -> Answer:
    """{data: {email}} -> a mail with a reset token, if there is such an account; the answer never tells."""
    user = account_at(context, text(data(context), "email", at="/data"))
    if user is not None:
        user.reset_token = user.reset_token or secrets.token_hex(32)
        signals.emit(context.session, "user.password_reset_requested", id=user.id)
    return plain({"message": "If an account has this address, a mail with a reset link is on its way."})


@action("PATCH", "/v1/auth/reset-password", reads_token=False, limited_by=(TOKEN_GUESSES,))
@shows(
    who="whoever has the token",
    open=True,
    takes={"data": {"token": "RESET_TOKEN", "password": "another long password"}},
    gives={"id": 1, "email": "ada@example.org", "name": "Ada Lovelace"},
    refuses=(400, 404, 413, 422),
)
def reset_password(context: Context) -> Answer:
    """{data: {token, password}} -> the password is set and the account verified. 404 for an unknown token."""
    content = data(context)
    token, password = text(content, "token", at="/data"), text(content, "password", at="/data")
    found = select(User).where(User.reset_token == token, User.deleted_at.is_(None))
    user = context.session.scalars(found).one_or_none()
    if user is None:
        raise not_found("No account waits for this token.", "/data/token")
    set_password(user, password)
    user.is_verified = True
    signals.emit(context.session, "user.password_changed", id=user.id)
    return plain({"id": user.id, "email": user.email, "name": user.full_name})
