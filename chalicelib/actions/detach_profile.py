"""Turns a profile into a separate account again, with its own address and password."""

from typing import Final

from chalicelib import clock, db, signals
from chalicelib.actions.account_requests import body, give_password, own_account, secret, text
from chalicelib.auth.viewer import demand_fresh
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import bad_document, forbidden
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.changing import emit_change, lock_editable
from chalicelib.limits.declared import FIRST_MAIL, SIGN_UP
from chalicelib.resources.people.profile.profile import Profile, take_staff_powers_to_remove_them
from chalicelib.resources.people.profile.rows import Holder, hand_over
from chalicelib.resources.people.user.user import User
from chalicelib.values.addresses import mistake_in, stored_form

# Speakers of the profile have the person's own address; now it becomes the new account's.
_SPEAK_FOR_ITSELF: Final = """
UPDATE speakers SET email = $3 WHERE profile_id = $1 AND lower(email) = lower($2)
"""


@action("POST", "/v1/profiles/{id}/detach", limited_by=(SIGN_UP, FIRST_MAIL))
@documented(
    who="the profile's user, who has just signed in",
    request={"email": "office@example.com", "password": "another long password"},
    response={"id": 2, "email": "office@example.com", "name": "Analytical Engines"},
    status=201,
    errors=(400, 401, 403, 404, 409, 413),
)
def detach_profile(context: Context, id: str) -> Answer:
    """{email, password} of the new account, with a fresh token -> {id, email, name} of that account.

    Everything of the profile belongs to the account from now on; the profile is deleted, and the address is
    verified by email as after sign-up. Raises Problem 400; 401 without a fresh token; 403 for a profile with
    staff powers unless they are in use; 404; 409 for an address that is taken.
    """
    own = own_account(context)
    profile: Profile = lock_editable(context, context.registry["profile"], id)
    if profile.user_id != own.id:
        raise forbidden("Only its user detaches a profile.")
    demand_fresh(context.viewer, "Detaching a profile")
    take_staff_powers_to_remove_them(context, Change(profile))
    content = body(context)
    account = _account_of(profile, _address(content), secret(content, "password"))
    session = context.session
    session.add(account)
    session.flush()
    db.fetch(session, _SPEAK_FOR_ITSELF, [profile.id, own.email, account.email])
    hand_over(session, Holder(own.id, profile.id), Holder(account.id))
    profile.deleted_at = clock.now()
    session.flush()
    emit_change(context, context.registry["user"], account, "created", [])
    emit_change(context, context.registry["profile"], profile, "deleted", [])
    signals.emit(session, "profile.detached", id=profile.id, user_id=own.id, detached_id=account.id)
    return plain({"id": account.id, "email": account.email, "name": profile.name}, status=201)


def _address(content: dict[str, object]) -> str:
    address = stored_form(text(content, "email"))
    mistake = mistake_in(address)
    if mistake is not None:
        raise bad_document(mistake, "/email")
    return address


def _account_of(profile: Profile, address: str, password: str) -> User:
    account = User(
        email=address,
        public_name=profile.name,
        company=profile.name,
        billing_address=profile.address,
        billing_city=profile.city,
        billing_state=profile.state,
        billing_country=profile.country,
        billing_zip_code=profile.zipcode,
        billing_phone=profile.phone,
        avatar_url=profile.avatar_url,
        original_image_url=profile.avatar_url,
        thumbnail_image_url=profile.thumbnail_image_url,
        small_image_url=profile.thumbnail_image_url,
        icon_image_url=profile.icon_image_url,
    )
    give_password(account, password, "/password")
    return account
