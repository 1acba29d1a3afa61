"""Profiles: the accounts that one person keeps apart, such as one for each organisation they work for.

A user signs in, and acts under one of their profiles or as themselves. What they make under a
profile belongs to it, and so do the rights that come of it.
"""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.fields import ToOne, fields, validate
from chalicelib.jsonapi.policy import Policy, logged_in, myself, super_admin
from chalicelib.jsonapi.resource import Resource
from chalicelib.resources.attributes import NullsAreAbsent, Trashable, moment, web_address
from chalicelib.resources.columns import CreatedAt, Off
from chalicelib.resources.image_details import Pictured, PicturesShown
from chalicelib.resources.people import profile_rules
from chalicelib.resources.value_fields import EmailAddress


class Profile(SoftDeleted, Pictured, Model):
    __tablename__ = "profiles"
    # The organisation, or whatever the person calls it.
    name: Mapped[str]
    title: Mapped[str | None]
    contact_email: Mapped[str | None]
    phone: Mapped[str | None]
    website: Mapped[str | None]
    address: Mapped[str | None]
    city: Mapped[str | None]
    state: Mapped[str | None]
    country: Mapped[str | None]
    zipcode: Mapped[str | None]
    avatar_url: Mapped[str | None]
    thumbnail_image_url: Mapped[str | None]
    icon_image_url: Mapped[str | None]
    # Staff powers count under it, as far as its user has any.
    is_staff: Mapped[Off]
    created_at: Mapped[CreatedAt]
    user_id: Mapped[int] = owned_by("users.id")


class ProfileSchema(NullsAreAbsent, PicturesShown, Trashable):
    name = fields.Str(required=True, validate=validate.Length(1, 200))
    title = fields.Str(allow_none=True)
    contact_email = EmailAddress(allow_none=True)
    phone = fields.Str(allow_none=True)
    website = web_address(allow_none=True)
    address = fields.Str(allow_none=True)
    city = fields.Str(allow_none=True)
    state = fields.Str(allow_none=True)
    country = fields.Str(allow_none=True)
    zipcode = fields.Str(allow_none=True)
    avatar_url = web_address(allow_none=True)
    thumbnail_image_url = web_address(dump_only=True)
    icon_image_url = web_address(dump_only=True)
    is_staff = fields.Bool(metadata={"example": False})
    created_at = moment(dump_only=True)

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
