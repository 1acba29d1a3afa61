"""Refresh token rotation: a new access token for a refresh token."""

from chalicelib import clock
from chalicelib.auth import cookies, tokens
from chalicelib.auth.claims import Claims
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import unauthorized
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.rendering import error_answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import REFRESH
from chalicelib.resources.orders.order.claiming import claim_orders
from chalicelib.resources.people.user import refresh_families
from chalicelib.resources.people.user.user import User


@action("POST", cookies.REFRESH_PATH, lenient=True, reads_token=False, secret=True, limited_by=(REFRESH,))
@documented(
    who="whoever has a refresh token",
    response={"access_token": "ACCESS_TOKEN", "refresh_token": "REFRESH_TOKEN"},
    optional_in_response=("refresh_token",),
    credential="REFRESH_TOKEN",
    errors=(401,),
)
def refresh_token(context: Context) -> Answer:
    """A refresh token, in the Authorization header or as cookie with X-CSRF-TOKEN -> {access_token}.

    The new token lives 90 minutes and is not fresh. The next refresh token is returned as refresh_token or as
    cookie, and the one sent is invalid from then on (after a minute, or when the next one is used). 401 when
    it is invalid, was revoked, belongs to an account that may not sign in, or was exchanged before: then all
    tokens of the same sign-in are revoked.
    """
    by_cookie, claims = _claims(context)
    user = context.session.get(User, claims.user_id)
    if user is None or user.deleted_at is not None or user.is_blocked:
        raise unauthorized("The account of this token cannot sign in.")
    former = user.tokens_revoked_at is not None and claims.issued_at <= user.tokens_revoked_at
    if former or claims.version != user.token_version:
        raise unauthorized("The refresh token was revoked.")
    following = refresh_families.rotate(context.session, claims)
    if following is None:
        # Returned, not raised, so that the revocation of the family is committed.
        return error_answer([unauthorized("This refresh token was exchanged before: sign in again.")])
    user.last_accessed_at = clock.now()
    claim_orders(context.session, user.id)
    access = tokens.access_token(
        user.id, fresh=False, version=claims.version, lifetime=tokens.SHORT_ACCESS_LIFETIME
    )
    if not by_cookie:
        return plain({"access_token": access, "refresh_token": following})
    answer = plain({"access_token": access})
    answer.cookies.extend(cookies.refresh_cookies(following))
    return answer


def _claims(context: Context) -> tuple[bool, Claims]:
    """(whether the token came in a cookie, its claims)."""
    headers = context.request.headers
    if "authorization" in headers:
        return False, tokens.read_refresh(tokens.token_in(headers["authorization"]))
    claims = cookies.read(headers)
    if claims is None:
        raise unauthorized("Send the refresh token as Authorization header or as cookie.")
    return True, claims
