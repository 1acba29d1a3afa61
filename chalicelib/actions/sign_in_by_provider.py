"""Social sign-in (OAuth 2.0): its addresses, where no provider is configured.

The former address at which a provider's token was given to everybody is left out on purpose.
"""

from typing import Final

from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import not_found
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.limit import Exempt

_NAMES: Final = {"facebook": "Facebook", "google": "Google", "twitter": "Twitter", "instagram": "Instagram"}
_CONSTANT: Final = (Exempt("It answers the same to everybody, and looks nothing up."),)
_SAID: Final = "Sign-in with Google is not configured."
_REFUSAL: Final = {"message": _SAID, "errors": [not_found(_SAID).document()]}
_EXAMPLE: Final = {"provider": "google", "code": "4f0a"}


@action("GET", "/v1/auth/oauth/{provider}", lenient=True, reads_token=False)
@documented(who="everybody", open=True, path={"provider": "google"}, response=_REFUSAL, status=404, errors=())
def show_provider(_context: Context, provider: str) -> Answer:
    """404 with {message, errors}: no provider is configured, so there is no page to sign in at."""
    return _not_configured(provider)


@action(
    "POST",
    "/v1/auth/oauth/login/{provider}",
    lenient=True,
    reads_token=False,
    secret=True,
    limited_by=_CONSTANT,
)
@action(
    "POST",
    "/v1/auth/oauth/login/{provider}/{code}",
    lenient=True,
    reads_token=False,
    secret=True,
    limited_by=_CONSTANT,
)
@documented(who="everybody", open=True, path=_EXAMPLE, response=_REFUSAL, status=404, errors=())
def sign_in_by_provider(_context: Context, provider: str, **_code: str) -> Answer:
    """404 with {message, errors}: no provider is configured. Its code is not looked at."""
    return _not_configured(provider)


def _not_configured(provider: str) -> Answer:
    """Some clients read `message`, others the errors of JSON:API."""
    name = _NAMES.get(provider)
    message = f"Sign-in with {name} is not configured." if name else f"There is no provider {provider}."
    return plain({"message": message, "errors": [not_found(message).document()]}, 404)
