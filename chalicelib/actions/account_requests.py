"""Helpers of account actions: reading texts from a JSON body, and finding the account."""

from datetime import timedelta
from typing import Any

from chalicelib import signals
from chalicelib.auth import passwords, tokens
from chalicelib.auth.viewer import Viewer
from chalicelib.jsonapi.ground.errors import Problem, bad_document, invalid, unauthorized
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.document import read_json
from chalicelib.resources.orders.order.claiming import claim_orders
from chalicelib.resources.people.user.account_lookup import account_with
from chalicelib.resources.people.user.user import User, set_password

LONGEST_TEXT = 4_096  # tokens are the longest


def body(context: Context) -> dict[str, Any]:
    """The JSON object in the body. Raises Problem 400."""
    content = read_json(context.request)
    if not isinstance(content, dict):
        raise bad_document("The body must be a JSON object.")
    return content


def data(context: Context) -> dict[str, Any]:
    """The object under "data" in the body. Raises Problem 400."""
    content = body(context).get("data")
    if not isinstance(content, dict):
        raise bad_document("The body must be an object with an object named data.", "/data")
    return content


def link_of(context: Context, *more: str) -> tuple[str, dict[str, Any]]:
    """The secret of a mailed link (`token`), and the object under "data" that has it, besides these members.

    Raises Problem 400, and 422 for another member.
    """
    sent = data(context)
    unknown = sorted(sent.keys() - {"token", *more})
    if unknown:
        raise invalid("This member is not known here.", f"/data/{unknown[0]}")
    return text(sent, "token", at="/data"), sent


def attributes_in(sent: dict[str, Any]) -> dict[str, Any]:
    """The object `attributes` under "data"; none where it is not sent. Raises Problem 400."""
    attributes = sent.get("attributes", {})
    if not isinstance(attributes, dict):
        raise bad_document("attributes must be an object.", "/data/attributes")
    return attributes


def secret(content: dict[str, Any], *names: str, at: str = "") -> str:
    """A password, as text() reads texts, without a limit: the password policy has its own."""
    return text(content, *names, at=at, longest=None)


def text(content: dict[str, Any], *names: str, at: str = "", longest: int | None = LONGEST_TEXT) -> str:
    """The text under the first of these names that is present. Raises Problem 400 when there is none.

    `at` is the JSON pointer to `content`; `longest` is in characters.
    """
    for name in names:
        value = content.get(name)
        if value is not None and not isinstance(value, str):
            raise bad_document(f"{name} must be a text.", f"{at}/{name}")
        if value and longest is not None and len(value) > longest:
            raise bad_document(f"{name} has {longest} characters at most.", f"{at}/{name}")
        if value:
            return value
    raise bad_document(f"{names[0]} is missing.", f"{at}/{names[0]}")


def account_at(context: Context, email: str) -> User | None:
    """The account with this address that is not deleted, or None."""
    return account_with(context.session, email)


def own_account(context: Context) -> User:
    """The viewer's account. Raises Problem 401 for an anonymous viewer."""
    user = context.session.get(User, context.viewer.id) if context.viewer.id is not None else None
    if user is None:
        raise unauthorized()
    return user


def longest_life(viewer: Viewer) -> timedelta:
    """The maximum lifetime of a token of this viewer: 90 minutes for a profile with staff powers, else
    a day.
    """
    is_apart = viewer.is_staff and viewer.profile_id is not None
    return tokens.SHORT_ACCESS_LIFETIME if is_apart else tokens.ACCESS_LIFETIME


def give_password(user: User, password: str, pointer: str, *, status: int = 400) -> None:
    """Set a new password, subject to the policy. Raises Problem with this status."""
    try:
        set_password(user, password)
    except passwords.Unfit as reason:
        raise Problem(status, str(reason), pointer=pointer) from None


def note_verified(context: Context, user: User) -> None:
    """Mark the account's address as verified. The row must be locked."""
    if not user.is_verified:
        user.is_verified = True
        claim_orders(context.session, user.id)
        signals.emit(context.session, "user.verified", id=user.id)
