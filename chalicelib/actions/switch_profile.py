"""Switches the profile: an access token of the same person with another profile's permissions."""

from typing import Final

from chalicelib import clock
from chalicelib.actions.account_requests import body, longest_life, own_account
from chalicelib.auth import tokens, viewer
from chalicelib.auth.viewer import Viewer
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import bad_document, not_found, unauthorized
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.limit import Exempt

_PROFILE: Final = "profile"
_OWN: Final = Exempt("whoever asks is signed in, and gets no more than a profile of their own")


@action("POST", "/v1/auth/switch-profile", secret=True, limited_by=(_OWN,))
@documented(
    request={_PROFILE: 1},
    response={"access_token": "ACCESS_TOKEN"},
    errors=(400, 401, 404, 413),
)
def switch_profile(context: Context) -> Answer:
    """{profile: id, or null for the person's own account} -> {access_token} with the permissions of that
    only.

    It is as fresh as the token sent and expires no later; with staff powers it lives 90 minutes at most.
    Raises Problem 400; 401 where a fresh token is needed: to leave a profile for another, and to take up
    staff powers; 404 for a profile that is not the caller's.
    """
    user = own_account(context)
    claims = tokens.from_header(context.request.headers["authorization"])
    profile_id = _wanted(context)
    new_viewer = viewer.load(context.session, user.id, profile_id, version=claims.version)
    if new_viewer is None:
        raise not_found("You have no such profile.", f"/{_PROFILE}")
    is_fresh = tokens.is_fresh(claims)
    if profile_id != claims.profile_id and not is_fresh:
        _demand_no_password(new_viewer, claims.profile_id)
    lifetime = min(claims.expires_at - clock.now(), longest_life(new_viewer))
    token = tokens.access_token(
        user.id,
        fresh=is_fresh,
        version=claims.version,
        lifetime=lifetime,
        profile_id=profile_id,
        authenticated_at=claims.authenticated_at,
    )
    return plain({"access_token": token})


def _wanted(context: Context) -> int | None:
    content = body(context)
    if _PROFILE not in content:
        raise bad_document("profile is missing: the id of one, or null.")
    profile_id = content[_PROFILE]
    if profile_id is None:
        return None
    if isinstance(profile_id, bool) or not isinstance(profile_id, (int, str)) or not str(profile_id):
        raise bad_document("profile must be the id of one, or null.", f"/{_PROFILE}")
    if not is_number(str(profile_id)):
        raise not_found("You have no such profile.", f"/{_PROFILE}")
    return int(profile_id)


def _demand_no_password(new_viewer: Viewer, former: int | None) -> None:
    """Raise Problem 401 for what a token that is not fresh may not do."""
    if new_viewer.is_staff:
        raise unauthorized("Staff powers need a fresh token: give your password at /v1/auth/fresh-login.")
    if former is not None:
        raise unauthorized("Leaving a profile needs a fresh token, or one for your refresh token.")
