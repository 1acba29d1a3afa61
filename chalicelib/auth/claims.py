"""JWT claims, validated: every claim is type-checked before it is used."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from chalicelib.jsonapi.ground.errors import unauthorized

LINK: Final = "link"  # the type of tokens for which a link is exchanged


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a valid token. `profile_id` is the profile that an access token acts under, if any.

    `fresh`: issued for a password, at `authenticated_at`; is_fresh() says whether that is recent enough.
    `version` must equal the account's. `purpose` is typ, issuer and audience. A refresh token has an `id` and
    a `family`; `is_kept` is true for a client that does not take part in rotation.
    """

    user_id: int
    type: str
    fresh: bool
    issued_at: datetime
    valid_from: datetime
    expires_at: datetime
    csrf: str
    purpose: tuple[object, object, object]
    authenticated_at: datetime
    version: int = 0
    id: str = ""
    family: str = ""
    is_kept: bool = False
    profile_id: int | None = None


@dataclass(frozen=True, slots=True)
class LinkClaims:
    """The claims of a valid token for which a secret link was exchanged, rather than a password.

    `opens` has the ids of the rows that it is for, by type; `version` must equal the one that they have.
    """

    opens: Mapping[str, int]
    type: str
    valid_from: datetime
    expires_at: datetime
    purpose: tuple[object, object, object]
    version: int


def claims_in(typ: object, payload: Mapping[str, Any]) -> Claims | LinkClaims:
    """The claims of a token of this `typ` whose signature is verified. Raises Problem 401 for invalid
    claims.
    """
    kind = payload.get("type")
    if kind == LINK:
        return _link_claims(typ, payload)
    user_id = _whole(payload, "identity")
    if user_id is None or not isinstance(kind, str):
        raise unauthorized("The token has no identity or no type.")
    id = str(payload.get("jti", ""))
    return Claims(
        user_id=user_id,
        type=kind,
        fresh=payload.get("fresh") is True,
        issued_at=_moment(payload, "iat"),
        valid_from=max(_moment(payload, "nbf"), _moment(payload, "iat")),
        expires_at=_moment(payload, "exp"),
        csrf=str(payload.get("csrf", "")),
        purpose=(typ, payload.get("iss"), payload.get("aud")),
        authenticated_at=_moment(payload, "auth_time" if "auth_time" in payload else "iat"),
        version=_whole(payload, "ver") or 0,
        id=id,
        # Clients with tokens from before rotation may not support it.
        family=str(payload.get("fam", id)),
        is_kept=payload.get("kept") is True or "fam" not in payload,
        profile_id=_whole(payload, "profile"),
    )


def _link_claims(typ: object, payload: Mapping[str, Any]) -> LinkClaims:
    rows = payload.get("opens")
    if not isinstance(rows, dict) or not rows:
        raise unauthorized("The token does not say what it opens.")
    return LinkClaims(
        opens={name: _whole(rows, name) or 0 for name in rows},
        type=LINK,
        valid_from=max(_moment(payload, "nbf"), _moment(payload, "iat")),
        expires_at=_moment(payload, "exp"),
        purpose=(typ, payload.get("iss"), payload.get("aud")),
        version=_whole(payload, "ver") or 0,
    )


def _whole(payload: Mapping[str, Any], name: str) -> int | None:
    value = payload.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise unauthorized(f"The token's '{name}' is no whole number: it does not say whose it is.")
    return value


def _moment(payload: Mapping[str, Any], name: str) -> datetime:
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise unauthorized(f"The token's '{name}' is missing or no time.")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise unauthorized(f"The token's '{name}' is missing or no time.") from None
