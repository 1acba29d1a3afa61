"""Merges two accounts of one person: the other account becomes a profile of the caller's."""

from typing import Any, Final

from sqlalchemy import select

from chalicelib import clock, signals
from chalicelib.actions.account_requests import account_at, body, own_account, secret, text
from chalicelib.auth import passwords
from chalicelib.auth.viewer import demand_fresh
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import Problem, conflict, forbidden
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import detail_answer
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.changing import emit_change
from chalicelib.limits.declared import PASSWORD_CHECK, SIGNING_IN
from chalicelib.resources.people.profile.profile import Profile
from chalicelib.resources.people.profile.rows import Holder, take_in
from chalicelib.resources.people.user.user import User, free_address
from chalicelib.settings import settings

_LONGEST_NAME: Final = 200


@action("POST", "/v1/profiles/join", limited_by=(PASSWORD_CHECK, *SIGNING_IN))
@documented(
    who="whoever has just signed in, with the other account's password",
    request={"email": "grace@example.com", "password": "a long and winding password"},
    one="profile",
    status=201,
    errors=(400, 401, 403, 409, 413),
)
def join_profile(context: Context) -> Answer:
    """{email, password} of another account, with a fresh token -> the profile that this account has become.

    Everything of the other account belongs to the profile from now on, and nobody can sign in with it any
    more. Raises Problem 400; 401 without a fresh token, and for a wrong address or password; 403 for an
    account that is blocked, unverified or staff's; 409 for the caller's own account, for one that has
    profiles itself, and where both hold the same role at an event or in a group.
    """
    own = own_account(context)
    demand_fresh(context.viewer, "Joining accounts")
    content = body(context)
    password = secret(content, "password")
    joined = account_at(context, text(content, "email"))
    if not passwords.matches(password, joined.password_hash if joined else None) or joined is None:
        raise Problem(401, "The e-mail address or the password is wrong.")
    _hold_still(context, own, joined)
    _demand_joinable(context, own, joined)
    profile = _profile_of(joined, own)
    context.session.add(profile)
    context.session.flush()
    take_in(context.session, joined.id, Holder(own.id, profile.id))
    _close(context, joined)
    emit_change(context, context.registry["profile"], profile, "created", [])
    signals.emit(context.session, "profile.joined", id=profile.id, user_id=own.id, joined_id=joined.id)
    answer = detail_answer(context, context.registry["profile"], str(profile.id))
    answer.status, answer.headers["Location"] = 201, f"{settings().api_prefix}/v1/profiles/{profile.id}"
    return answer


def _hold_still(context: Context, own: User, joined: User) -> None:
    """Lock both accounts in the order of their ids, which avoids deadlocks."""
    both = select(User).where(User.id.in_([own.id, joined.id])).order_by(User.id).with_for_update()
    context.session.scalars(both.execution_options(populate_existing=True)).all()


def _demand_joinable(context: Context, own: User, joined: User) -> None:
    if joined.id == own.id:
        raise conflict("This is the account that you are signed in with.", "/email")
    if joined.deleted_at is not None:
        raise Problem(401, "The e-mail address or the password is wrong.")
    if joined.is_blocked:
        raise forbidden("This account is blocked.", "/email")
    # The owner of the mailbox of an unverified account could take it over, with everything merged into it.
    if not (own.is_verified and joined.is_verified):
        detail = "Both accounts must have a verified e-mail address."
        raise Problem(403, detail, pointer="/email", code="unverified-user")
    if joined.is_admin or joined.is_super_admin or joined.is_sales_admin or joined.is_marketer:
        raise forbidden("An account of staff cannot be joined: its powers are taken away first.", "/email")
    living = select(Profile.id).where(Profile.user_id == joined.id, Profile.deleted_at.is_(None)).limit(1)
    if context.session.scalar(living) is not None:
        raise conflict("This account has profiles itself: detach or remove them first.", "/email")


def _profile_of(joined: User, own: User) -> Profile:
    name = joined.company or joined.public_name or joined.full_name or joined.email
    kept: dict[str, Any] = {
        "name": name[:_LONGEST_NAME],
        "contact_email": joined.email,
        "address": joined.billing_address,
        "city": joined.billing_city,
        "state": joined.billing_state,
        "country": joined.billing_country,
        "zipcode": joined.billing_zip_code,
        "phone": joined.billing_phone,
        "avatar_url": joined.avatar_url,
        "thumbnail_image_url": joined.thumbnail_image_url,
        "icon_image_url": joined.icon_image_url,
    }
    return Profile(user_id=own.id, **kept)


def _close(context: Context, joined: User) -> None:
    """Delete the account and free its address."""
    free_address(context, Change(joined))
    joined.deleted_at = clock.now()
    context.session.flush()
    emit_change(context, context.registry["user"], joined, "deleted", [])
