"""A new password for somebody who knows the old one, and checking whether they do."""

from typing import Any

from chalicelib import signals
from chalicelib.actions.account_requests import body, data, own_account, text
from chalicelib.auth import passwords
from chalicelib.docs.shown import shows
from chalicelib.jsonapi.action import action
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.errors import bad_document, unauthorized
from chalicelib.jsonapi.request import Answer, plain
from chalicelib.limits.declared import PASSWORD_CHECK
from chalicelib.resources.people.user_rules import SHORTEST_PASSWORD, set_password


@action("POST", "/v1/auth/change-password", limited_by=(PASSWORD_CHECK,))
@shows(
    who="whoever has just signed in",
    takes={"data": {"old-password": "a long and winding password", "new-password": "another long password"}},
    gives={"id": 1, "email": "ada@example.org", "name": "Ada Lovelace", "password_changed": True},
    refuses=(400, 401, 413),
)
def change_password(context: Context) -> Answer:
    """{data: {old-password, new-password}} with a fresh token. Every refresh token is revoked.

    400 when the old one is wrong, or the new one is the same or too short.
    """
    user = own_account(context)
    if not context.viewer.fresh:
        raise unauthorized("Changing the password needs a fresh token: sign in again.")
    content = data(context)
    old, new = _password(content, "old-password"), _password(content, "new-password")
    if not passwords.matches(old, user.password_hash):
        raise bad_document("The old password is wrong.", "/data/old-password")
    if old == new:
        raise bad_document("The new password is the old one.", "/data/new-password")
    if len(new) < SHORTEST_PASSWORD:
        raise bad_document(f"A password has {SHORTEST_PASSWORD} characters or more.", "/data/new-password")
    set_password(user, new)
    signals.emit(context.session, "user.password_changed", id=user.id)
    return plain({"id": user.id, "email": user.email, "name": user.full_name, "password_changed": True})


@action("POST", "/v1/auth/verify-password", limited_by=(PASSWORD_CHECK,))
@shows(takes={"password": "a long and winding password"}, gives={"result": True}, refuses=(400, 401, 413))
def verify_password(context: Context) -> Answer:
    """{password} -> {result}: whether it is the caller's."""
    user = own_account(context)
    return plain({"result": passwords.matches(text(body(context), "password"), user.password_hash)})


def _password(content: dict[str, Any], name: str) -> str:
    return text(content, name, name.replace("-", "_"), at="/data")
