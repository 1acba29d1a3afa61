"""Changing the password with the old one, and verifying the current one."""

from typing import Any

from chalicelib import signals
from chalicelib.actions.account_requests import body, data, give_password, own_account, secret
from chalicelib.auth import passwords
from chalicelib.auth.viewer import demand_fresh
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import bad_document
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import PASSWORD_CHECK


@action("POST", "/v1/auth/change-password", lenient=True, limited_by=(PASSWORD_CHECK,))
@documented(
    who="whoever has just signed in",
    request={
        "data": {"old-password": "a long and winding password", "new-password": "another long password"}
    },
    response={"id": 1, "email": "ada@example.org", "name": "Ada Lovelace", "password_changed": True},
    errors=(400, 401, 413),
)
def change_password(context: Context) -> Answer:
    """{data: {old-password, new-password}} with a fresh token. Revokes all tokens, also the one sent here.

    400 when the old one is wrong, or the new one is the same or violates the password policy.
    """
    user = own_account(context)
    demand_fresh(context.viewer, "Changing the password")
    content = data(context)
    old, new = _password(content, "old-password"), _password(content, "new-password")
    if not passwords.matches(old, user.password_hash):
        raise bad_document("The old password is wrong.", "/data/old-password")
    if old == new:
        raise bad_document("The new password is the old one.", "/data/new-password")
    give_password(user, new, "/data/new-password")
    signals.emit(context.session, "user.password_changed", id=user.id)
    return plain({"id": user.id, "email": user.email, "name": user.full_name, "password_changed": True})


@action("POST", "/v1/auth/verify-password", lenient=True, limited_by=(PASSWORD_CHECK,))
@documented(
    request={"password": "a long and winding password"}, response={"result": True}, errors=(400, 401, 413)
)
def verify_password(context: Context) -> Answer:
    """{password} -> {result}: whether it is the caller's password."""
    user = own_account(context)
    return plain({"result": passwords.matches(secret(body(context), "password"), user.password_hash)})


def _password(content: dict[str, Any], name: str) -> str:
    return secret(content, name, name.replace("-", "_"), at="/data")
