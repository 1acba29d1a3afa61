"""Staying signed in: a new access token for a refresh token."""

from chalicelib import clock
from chalicelib.auth import cookies, tokens
from chalicelib.auth.tokens import Claims
from chalicelib.docs.shown import shows
from chalicelib.jsonapi.action import action
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.errors import unauthorized
from chalicelib.jsonapi.request import Answer, plain
from chalicelib.limits.declared import REFRESH
from chalicelib.resources.people.user import User


@action("POST", cookies.REFRESH_PATH, reads_token=False, secret=True, limited_by=(REFRESH,))
@shows(
    who="whoever has a refresh token",
    gives={"access_token": "ACCESS_TOKEN"},
    carries="REFRESH_TOKEN",
    refuses=(401,),
)
def refresh_token(context: Context) -> Answer:
    """A refresh token, in the Authorization header or as cookie with X-CSRF-TOKEN -> {access_token}.

    The new token lives 90 minutes and is not fresh. 401 when the refresh token is not valid,
    was revoked, or belongs to an account that may not sign in.
    """
    claims = _claims(context)
    user = context.session.get(User, claims.user_id)
    if user is None or user.deleted_at is not None or user.is_blocked:
        raise unauthorized("The account of this token cannot sign in.")
    if user.tokens_revoked_at is not None and claims.issued_at <= user.tokens_revoked_at:
        raise unauthorized("The refresh token was revoked.")
    user.last_accessed_at = clock.now()
    access = tokens.access_token(user.id, fresh=False, lifetime=tokens.SHORT_ACCESS_LIFETIME)
    return plain({"access_token": access})


def _claims(context: Context) -> Claims:
    headers = context.request.headers
    if "authorization" in headers:
        return tokens.read_refresh(tokens.token_in(headers["authorization"]))
    claims = cookies.read(headers)
    if claims is None:
        raise unauthorized("Send the refresh token as Authorization header or as cookie.")
    return claims
