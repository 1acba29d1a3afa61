"""Users: everybody with an account, from the visitor who bookmarks an event to the staff."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.auth import passwords, roles
from chalicelib.auth.viewer import Kind, Viewer
from chalicelib.db import Model, SoftDeleted
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.fields import Computed, ToMany, attr, fields, validate
from chalicelib.jsonapi.model.policy import Policy, anyone, myself, staff, super_admin, where_sql
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.jsonapi.rights.viewer_parameters import events_with_role
from chalicelib.limits.declared import FIRST_MAIL, SIGN_UP
from chalicelib.resources.attributes import NullsAreAbsent, Trashable, web_address
from chalicelib.resources.columns import CreatedAt, Off
from chalicelib.resources.image_details import Pictured, PicturesShown
from chalicelib.resources.people import user_rules
from chalicelib.resources.policies import ACCOUNT_HOLDER
from chalicelib.resources.value_fields import EmailAddress, Language


def _has_to_do(table: str, phrase: str) -> Rule:
    """There is a row of theirs in this table at an event that the viewer organises."""
    row = sql(
        f"EXISTS (SELECT 1 FROM {table} held WHERE held.user_id = ",  # noqa: S608 - no user input
        *(ROW["id"], " AND held.event_id = ANY(", events_with_role(roles.COORGANIZERS), "))"),
    )
    return where_sql(row, phrase, least=Kind.USER)


SELF = myself("id")
# An admin who could edit a super admin could make themselves one, by way of the e-mail address.
_LESSER = where_sql(sql("NOT ", ROW["is_super_admin"]), "it is no super admin's account", of_row=True)
ADMIN_OF_THIS = super_admin | (staff & _LESSER)
PRIVATE = SELF | staff
ADDRESS = (
    SELF
    | staff
    | _has_to_do("users_events_roles", "coorganizers of an event of theirs")
    | _has_to_do("orders", "coorganizers of an event that they ordered for")
)


class User(SoftDeleted, Pictured, Model):
    """An account. The e-mail address is its name for signing in."""

    __tablename__ = "users"
    # Changing it takes a fresh token.
    email: Mapped[str] = attr(
        EmailAddress, required=True, seen_by=ADDRESS, example="grace@example.org", change_example=False
    )
    password_hash: Mapped[str | None]
    # Neither read nor written any more: one-time tokens have a table of their own. A later release drops it.
    reset_token: Mapped[str | None] = mapped_column(unique=True, deferred=True)
    # When all tokens were ended last. Those from before there were versions are refused by it.
    tokens_revoked_at: Mapped[datetime | None]
    # What access and refresh tokens must name. A trigger raises it with another password, blocking,
    # deletion, and whenever `tokens_revoked_at` changes.
    token_version: Mapped[int] = mapped_column(default=0, server_default="0")
    avatar_url: Mapped[str | None] = attr(web_address)
    first_name: Mapped[str | None] = attr(fields.Line)
    last_name: Mapped[str | None] = attr(fields.Line)
    public_name: Mapped[str | None] = attr(fields.Line)
    is_profile_public: Mapped[Off] = attr()
    original_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    thumbnail_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    small_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    icon_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    # Pages that sign somebody up for an order say so; no right comes of it.
    was_registered_with_order: Mapped[Off] = attr(set_by=staff, first_set_by=anyone)
    facebook_url: Mapped[str | None] = attr(web_address, seen_by=PRIVATE)
    twitter_url: Mapped[str | None] = attr(web_address, seen_by=PRIVATE)
    instagram_url: Mapped[str | None] = attr(web_address, seen_by=PRIVATE)
    google_plus_url: Mapped[str | None] = attr(web_address, seen_by=PRIVATE)
    is_super_admin: Mapped[Off] = attr(read_only=True, seen_by=PRIVATE)
    is_admin: Mapped[Off] = attr(seen_by=PRIVATE, set_by=super_admin)
    facebook_id: Mapped[int | None] = attr(
        read_only=True, seen_by=PRIVATE, column_type=BigInteger, unique=True
    )
    is_sales_admin: Mapped[Off] = attr(seen_by=PRIVATE, set_by=staff)
    is_marketer: Mapped[Off] = attr(seen_by=PRIVATE, set_by=staff)
    is_verified: Mapped[Off] = attr(seen_by=PRIVATE)
    is_blocked: Mapped[Off] = attr(seen_by=PRIVATE, set_by=staff)
    last_accessed_at: Mapped[datetime | None] = attr(read_only=True, seen_by=PRIVATE)
    created_at: Mapped[CreatedAt] = attr(read_only=True, seen_by=PRIVATE)
    details: Mapped[str | None] = attr(max_length=LONGEST_ANSWER, seen_by=PRIVATE)
    language_preference: Mapped[str | None] = attr(Language, wire_name="language-prefrence", seen_by=PRIVATE)
    contact: Mapped[str | None] = attr(fields.Line, seen_by=PRIVATE)
    billing_contact_name: Mapped[str | None] = attr(seen_by=PRIVATE)
    billing_phone: Mapped[str | None] = attr(seen_by=PRIVATE)
    billing_state: Mapped[str | None] = attr(seen_by=PRIVATE)
    billing_country: Mapped[str | None] = attr(seen_by=PRIVATE)
    billing_tax_info: Mapped[str | None] = attr(seen_by=PRIVATE)
    company: Mapped[str | None] = attr(seen_by=PRIVATE)
    billing_address: Mapped[str | None] = attr(seen_by=PRIVATE)
    billing_city: Mapped[str | None] = attr(seen_by=PRIVATE)
    billing_zip_code: Mapped[str | None] = attr(seen_by=PRIVATE)
    billing_additional_info: Mapped[str | None] = attr(seen_by=PRIVATE)
    is_rocket_chat_registered: Mapped[Off] = attr(read_only=True, seen_by=PRIVATE)

    @property
    def full_name(self) -> str | None:
        """First and last name, as far as they are known."""
        return " ".join(name for name in (self.first_name, self.last_name) if name) or None

    __table_args__ = (Index("uq_users_email", text("lower(email)"), unique=True),)


def _holds_anywhere(role: str, *, after: str) -> Computed:
    held = (
        "EXISTS (SELECT 1 FROM users_events_roles held JOIN roles ON roles.id = held.role_id "  # noqa: S608 - no user input
        f"WHERE held.user_id = {{t}}.id AND roles.name = '{role}')"
    )
    return Computed("boolean", held, metadata={"seen_by": PRIVATE, "after": after})


def _events_as(role: str) -> ToMany:
    # No role of these names is built in; staff may add them.
    return ToMany(
        "event",
        through="users_events_roles",
        left="user_id",
        right="event_id",
        read_only=True,
        creates=True,
        where=f"{{l}}.role_id = (SELECT id FROM roles WHERE name = '{role}')",  # noqa: S608 - no user input
        scope=ACCOUNT_HOLDER,
    )


class UserSchema(NullsAreAbsent, PicturesShown, Trashable):
    password = fields.Str(
        plain=True,
        required=True,
        load_only=True,
        validate=validate.Length(passwords.SHORTEST, passwords.LONGEST),
        metadata={"after": "email"},
    )
    is_user_owner = _holds_anywhere(roles.OWNER_ROLE, after="is_marketer")
    is_user_organizer = _holds_anywhere(roles.ORGANIZER_ROLE, after="is_user_owner")
    is_user_coorganizer = _holds_anywhere(roles.COORGANIZER_ROLE, after="is_user_organizer")
    is_user_track_organizer = _holds_anywhere(roles.TRACK_ORGANIZER_ROLE, after="is_user_coorganizer")
    is_user_moderator = _holds_anywhere(roles.MODERATOR_ROLE, after="is_user_track_organizer")
    is_user_registrar = _holds_anywhere(roles.REGISTRAR_ROLE, after="is_user_moderator")

    # Every event at which somebody holds a role; those by role are declared on the event's side.
    events = ToMany(
        "event",
        through="users_events_roles",
        left="user_id",
        right="event_id",
        read_only=True,
        creates=True,
        scope=ACCOUNT_HOLDER,
    )
    # What they bought, and what was bought for them.
    orders = ToMany(
        "order",
        through="(SELECT user_id, id AS order_id FROM orders UNION SELECT account.id, person.order_id "
        "FROM users account JOIN attendees person ON lower(person.email) = lower(account.email) "
        "WHERE person.deleted_at IS NULL)",
        left="user_id",
        right="order_id",
        read_only=True,
        scope=ACCOUNT_HOLDER,
    )
    marketer_events = _events_as("marketer")
    sales_admin_events = _events_as("sales_admin")


USER = Resource(
    "user",
    User,
    UserSchema,
    path="users",
    limited_by=(SIGN_UP, FIRST_MAIL),
    # Living users appear with their public attributes beside what they did; the record itself is theirs.
    policy=Policy(
        see=anyone,
        read=SELF | staff,
        list=staff,
        create=anyone,
        change=SELF | ADMIN_OF_THIS,
        remove=SELF | ADMIN_OF_THIS,
    ),
    before_write=[
        user_rules.keep_passwords_hashed,
        user_rules.verify_by_mail_only,
        user_rules.change_address_freshly,
        user_rules.restore_address,
    ],
    after_write=[user_rules.tell_about_address],
    before_delete=[user_rules.stay_while_needed, user_rules.free_address],
    creator_becomes=lambda user: Viewer(id=user.id, email=user.email),
    conflicts={"uq_users_email": ("/data/attributes/email", "This e-mail address is taken.")},
)
