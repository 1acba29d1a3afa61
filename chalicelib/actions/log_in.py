"""Sign-in with email address and password, and giving the password again for a fresh token."""

from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db
from chalicelib.actions.account_requests import account_at, body, longest_life, own_account, secret, text
from chalicelib.auth import cookies, passwords, tokens
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import Problem, bad_document
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import PASSWORD_CHECK, SIGNING_IN
from chalicelib.resources.orders.order.claiming import claim_orders
from chalicelib.resources.people.user.user import User

_HASH_AGAIN: Final = "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2"
_KEEP_TOKENS: Final = "SELECT set_config('open_event.same_password', 'yes', true)"


@action("POST", "/auth/session", lenient=True, reads_token=False, secret=True, limited_by=SIGNING_IN)
@action("POST", "/v1/auth/login", lenient=True, reads_token=False, secret=True, limited_by=SIGNING_IN)
@documented(
    who="everybody",
    open=True,
    request={
        "email": "ada@example.org",
        "password": "a long and winding password",
        "remember-me": True,
        "include-in-response": True,
    },
    optional=("remember-me", "include-in-response"),
    response={"access_token": "ACCESS_TOKEN", "refresh_token": "REFRESH_TOKEN"},
    optional_in_response=("refresh_token",),
    errors=(400, 401, 413),
)
def log_in(context: Context) -> Answer:
    """{email or username, password, remember-me?, include-in-response?} -> {access_token, refresh_token?}.

    400 when something is missing; 401 when address or password is wrong or the account is blocked. With
    remember-me, a short access token and a refresh token are issued: in a cookie, or in the answer when
    include-in-response is true.
    """
    content = body(context)
    remembered, included = _flag(content, "remember-me"), _flag(content, "include-in-response")
    email = text(content, "email", "username")
    password = secret(content, "password")
    user = account_at(context, email)
    matches = passwords.matches(password, user.password_hash if user else None)
    if user is None or not matches:
        raise Problem(401, "The e-mail address or the password is wrong.")
    if user.is_blocked:
        raise Problem(401, "This account is blocked.")
    _note_sign_in(context.session, user, password)
    if not remembered:
        return plain({"access_token": tokens.access_token(user.id, fresh=True, version=user.token_version)})
    access = tokens.access_token(
        user.id, fresh=True, version=user.token_version, lifetime=tokens.SHORT_ACCESS_LIFETIME
    )
    if included:
        return plain({"access_token": access, "refresh_token": _refresh_token(context, user)})
    answer = plain({"access_token": access})
    answer.cookies.extend(cookies.refresh_cookies(tokens.refresh_token(user.id, version=user.token_version)))
    return answer


@action("POST", "/v1/auth/fresh-login", lenient=True, secret=True, limited_by=(PASSWORD_CHECK,))
@documented(
    request={"password": "a long and winding password"},
    response={"access_token": "ACCESS_TOKEN"},
    errors=(400, 401, 413),
)
def log_in_freshly(context: Context) -> Answer:
    """{password} with a valid token -> {access_token} that is fresh, for the same profile if any.

    401 when the password is wrong.
    """
    user = own_account(context)
    password = secret(body(context), "password")
    if not passwords.matches(password, user.password_hash):
        raise Problem(401, "The password is wrong.")
    _note_sign_in(context.session, user, password)
    lifetime, profile_id = longest_life(context.viewer), context.viewer.profile_id
    access = tokens.access_token(
        user.id, fresh=True, version=user.token_version, lifetime=lifetime, profile_id=profile_id
    )
    return plain({"access_token": access})


def _refresh_token(context: Context, user: User) -> str:
    """A refresh token for a script, which stores it itself; browsers are recognized by the Origin header.

    The web front end discards rotated tokens, so its first one stays valid.
    """
    if "origin" not in context.request.headers:
        return tokens.refresh_token(user.id, version=user.token_version)
    return tokens.refresh_token(
        user.id, tokens.KEPT_REFRESH_LIFETIME, version=user.token_version, is_kept=True
    )


def _note_sign_in(session: Session, user: User, password: str) -> None:
    user.last_accessed_at = clock.now()
    claim_orders(session, user.id)
    if user.password_hash and passwords.is_outdated(user.password_hash):
        # Rehashing keeps the password, so no token is revoked. A concurrent change of the password wins.
        db.fetch(session, _KEEP_TOKENS)
        db.fetch(session, _HASH_AGAIN, [user.id, user.password_hash, passwords.hashed_again(password)])


def _flag(content: dict[str, object], name: str) -> bool:
    """Raises Problem 400 for what is neither a boolean nor null."""
    value = content.get(name, content.get(name.replace("-", "_")))
    if value is not None and not isinstance(value, bool):
        raise bad_document(f"{name} is true or false.", f"/{name}")
    return value is True
