"""A forgotten password: ask for a mail, then set a new one with the token from it."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select

from chalicelib import clock, signals
from chalicelib.actions.account_requests import account_at, data, text
from chalicelib.docs.shown import shows
from chalicelib.jsonapi.action import action
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.errors import Problem, not_found
from chalicelib.jsonapi.request import Answer, plain
from chalicelib.resources.people.password_reset_request import PasswordResetRequest
from chalicelib.resources.people.user import User
from chalicelib.resources.people.user_rules import set_password
from chalicelib.values.addresses import stored_form

_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)
_MOST_PER_HOUR = 3


@action("POST", "/v1/auth/reset-password", reads_token=False)
@shows(
    who="everybody",
    open=True,
    takes={"data": {"email": "ada@example.org"}},
    gives={"message": "If an account has this address, a mail with a reset link is on its way."},
    refuses=(400, 413, 429),
)
def ask_for_reset(context: Context) -> Answer:
    """{data: {email}} -> a mail with a reset token, if there is such an account; the answer never tells.

    429 after 3 requests in an hour for one address, or 1 in a minute from one place.
    """
    email = text(data(context), "email", at="/data")
    _keep_to_the_limits(context, stored_form(email).lower())
    user = account_at(context, email)
    if user is not None:
        user.reset_token = user.reset_token or secrets.token_hex(32)
        signals.emit(context.session, "user.password_reset_requested", id=user.id)
    return plain({"message": "If an account has this address, a mail with a reset link is on its way."})


@action("PATCH", "/v1/auth/reset-password", reads_token=False)
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


def _keep_to_the_limits(context: Context, email: str) -> None:
    now, session = clock.now(), context.session
    session.execute(delete(PasswordResetRequest).where(PasswordResetRequest.created_at <= now - _HOUR))
    by_address = PasswordResetRequest.email == email
    if _since(context, by_address, now - _HOUR) >= _MOST_PER_HOUR:
        raise _too_many(_HOUR)
    by_place = PasswordResetRequest.source_ip == context.request.source_ip
    if context.request.source_ip and _since(context, by_place, now - _MINUTE):
        raise _too_many(_MINUTE)
    session.add(PasswordResetRequest(email=email, source_ip=context.request.source_ip))


def _since(context: Context, whose: ColumnElement[bool], moment: datetime) -> int:
    wanted = select(func.count()).where(whose, PasswordResetRequest.created_at > moment)
    return context.session.scalars(wanted).one()


def _too_many(period: timedelta) -> Problem:
    seconds = int(period.total_seconds())
    return Problem(
        429, "Too many requests for reset mails; try later.", headers={"Retry-After": str(seconds)}
    )
