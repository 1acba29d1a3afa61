"""Sign-out: on this browser, or everywhere."""

from chalicelib.actions.account_requests import own_account
from chalicelib.auth import cookies
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.limit import Exempt
from chalicelib.resources.people.user.user import end_sessions

_HARMLESS = Exempt("it only makes the browser that asks forget its own cookie")


@action("POST", "/v1/auth/logout", lenient=True, reads_token=False, limited_by=(_HARMLESS,))
@documented(who="everybody", open=True, response={"success": True})
def log_out(_context: Context) -> Answer:
    """Deletes the browser's refresh token cookie."""
    answer = plain({"success": True})
    answer.cookies.extend(cookies.expired_cookies())
    return answer


@action("POST", "/v1/auth/blacklist", lenient=True)
@documented(response={"success": True}, errors=(401,))
def log_out_everywhere(context: Context) -> Answer:
    """Revokes all access and refresh tokens of the caller, also the one sent here."""
    end_sessions(own_account(context))
    return plain({"success": True})
