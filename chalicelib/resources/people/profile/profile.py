"""Profiles: the accounts that one person keeps apart, such as one for each organisation they work for.

A user signs in, and acts under one of their profiles or as themselves. What they make under a
profile belongs to it, and so do the rights that come of it.
"""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.model.fields import ToOne, attr, validate
from chalicelib.jsonapi.model.policy import Policy, logged_in, myself, super_admin
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.attributes import NullsAreAbsent, Trashable, web_address
from chalicelib.resources.columns import CreatedAt, Off
from chalicelib.resources.image_details import Pictured, PicturesShown
from chalicelib.resources.people import profile_rules
from chalicelib.resources.value_fields import EmailAddress


class Profile(SoftDeleted, Pictured, Model):
    __tablename__ = "profiles"
    # The organisation, or whatever the person calls it.
    name: Mapped[str] = attr(required=True, validate=validate.Length(1, 200))
    title: Mapped[str | None] = attr()
    contact_email: Mapped[str | None] = attr(EmailAddress)
    phone: Mapped[str | None] = attr()
    website: Mapped[str | None] = attr(web_address)
    address: Mapped[str | None] = attr()
    city: Mapped[str | None] = attr()
    state: Mapped[str | None] = attr()
    country: Mapped[str | None] = attr()
    zipcode: Mapped[str | None] = attr()
    avatar_url: Mapped[str | None] = attr(web_address)
    thumbnail_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    icon_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    # Staff powers count under it, as far as its user has any.
    is_staff: Mapped[Off] = attr(example=False)
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    user_id: Mapped[int] = owned_by("users.id")


class ProfileSchema(NullsAreAbsent, PicturesShown, Trashable):
    user = ToOne("user")


KEEPER = myself("user_id") | super_admin

PROFILE = Resource(
    "profile",
    Profile,
    ProfileSchema,
    path="profiles",
    policy=Policy(
        see=KEEPER,
        create=logged_in,
        change=KEEPER,
        remove=KEEPER,
        purge=super_admin,
    ),
    before_write=[profile_rules.stay_with_its_person, profile_rules.keep_staff_powers_with_staff],
    before_delete=[profile_rules.stay_while_needed, profile_rules.take_staff_powers_to_remove_them],
    conflicts=profile_rules.CONFLICTS,
    kept_while=profile_rules.HOLDS_ANYTHING,
)
