"""Users: everybody with an account, from the visitor who bookmarks an event to the staff.

What an account's owner must show before it changes, and what leaving means.
"""

import re
from datetime import datetime

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock, db, signals
from chalicelib.auth import passwords, roles
from chalicelib.auth.viewer import Kind, Viewer, demand_fresh
from chalicelib.db import Model, SoftDeleted
from chalicelib.jsonapi.ground.errors import forbidden, invalid
from chalicelib.jsonapi.ground.sql import LINK, ROW, sql
from chalicelib.jsonapi.http.limited import demand
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Computed, ToMany, attr, fields, validate
from chalicelib.jsonapi.model.policy import Policy, anyone, is_owner, staff, super_admin, where_sql
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.jsonapi.rights.viewer_parameters import events_with_role
from chalicelib.limits import scopes
from chalicelib.limits.declared import ADDRESS_CHANGE, FIRST_MAIL, SIGN_UP
from chalicelib.resources.attributes import NullsAreAbsent, Trashable, web_address
from chalicelib.resources.columns import CreatedAt, FalseByDefault
from chalicelib.resources.image_details import HasImageDetails, PicturesShown
from chalicelib.resources.orders.order.states import LIVING, listed
from chalicelib.resources.policies import ACCOUNT_HOLDER
from chalicelib.resources.search_index import EVERYWHERE, search_index
from chalicelib.resources.value_fields import EmailAddress, Language


def _has_to_do(table: str, phrase: str) -> Rule:
    """The user has a row in this table at an event that the viewer organizes."""
    row = sql(
        f"EXISTS (SELECT 1 FROM {table} held WHERE held.user_id = ",  # noqa: S608 - no user input
        *(ROW["id"], " AND held.event_id = ANY(", events_with_role(roles.COORGANIZERS), "))"),
    )
    return where_sql(row, phrase, least=Kind.USER)


SELF = is_owner("id")
# Privilege escalation: an admin could take over a super admin by changing the email address.
_LESSER = where_sql(sql("NOT ", ROW["is_super_admin"]), "it is no super admin's account", of_row=True)
ADMIN_OF_THIS = super_admin | (staff & _LESSER)
PRIVATE = SELF | staff
ADDRESS = (
    SELF
    | staff
    | _has_to_do("users_events_roles", "coorganizers of an event of theirs")
    | _has_to_do("orders", "coorganizers of an event that they ordered for")
)


_SUFFIX = ".deleted"


class User(SoftDeleted, HasImageDetails, Model):
    """An account. The email address is its login name."""

    __tablename__ = "users"
    # Changing it needs a fresh token.
    email: Mapped[str] = attr(
        EmailAddress,
        required=True,
        seen_by=ADDRESS,
        example="grace@example.org",
        change_example=False,
        searched=EVERYWHERE,
    )
    password_hash: Mapped[str | None]
    # Obsolete: one-time tokens have their own table. A later release drops the column.
    reset_token: Mapped[str | None] = mapped_column(unique=True, deferred=True)
    # Time of the last revocation of all tokens; it refuses tokens without a version.
    tokens_revoked_at: Mapped[datetime | None]
    # What access and refresh tokens must name. A trigger raises it with another password, blocking,
    # deletion, and whenever `tokens_revoked_at` changes.
    token_version: Mapped[int] = mapped_column(default=0, server_default="0")
    avatar_url: Mapped[str | None] = attr(web_address)
    first_name: Mapped[str | None] = attr(fields.Line)
    last_name: Mapped[str | None] = attr(fields.Line)
    public_name: Mapped[str | None] = attr(fields.Line)
    is_profile_public: Mapped[FalseByDefault] = attr()
    original_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    thumbnail_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    small_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    icon_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    # Set by pages that sign up a user for an order; informative only.
    was_registered_with_order: Mapped[FalseByDefault] = attr(set_by=staff, first_set_by=anyone)
    facebook_url: Mapped[str | None] = attr(web_address, seen_by=PRIVATE)
    twitter_url: Mapped[str | None] = attr(web_address, seen_by=PRIVATE)
    instagram_url: Mapped[str | None] = attr(web_address, seen_by=PRIVATE)
    google_plus_url: Mapped[str | None] = attr(web_address, seen_by=PRIVATE)
    is_super_admin: Mapped[FalseByDefault] = attr(read_only=True, seen_by=PRIVATE)
    is_admin: Mapped[FalseByDefault] = attr(seen_by=PRIVATE, set_by=super_admin)
    facebook_id: Mapped[int | None] = attr(
        read_only=True, seen_by=PRIVATE, column_type=BigInteger, unique=True
    )
    is_sales_admin: Mapped[FalseByDefault] = attr(seen_by=PRIVATE, set_by=staff)
    is_marketer: Mapped[FalseByDefault] = attr(seen_by=PRIVATE, set_by=staff)
    is_verified: Mapped[FalseByDefault] = attr(seen_by=PRIVATE)
    is_blocked: Mapped[FalseByDefault] = attr(seen_by=PRIVATE, set_by=staff)
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
    is_rocket_chat_registered: Mapped[FalseByDefault] = attr(read_only=True, seen_by=PRIVATE)

    @property
    def full_name(self) -> str | None:
        """First and last name, as far as set; None without either."""
        return " ".join(name for name in (self.first_name, self.last_name) if name) or None

    __table_args__ = (
        Index("uq_users_email", text("lower(email)"), unique=True),
        search_index("users", "email", within=EVERYWHERE),
    )


def _holds_anywhere(role: str, *, after: str) -> Computed:
    holders = sql(
        "EXISTS (SELECT 1 FROM users_events_roles held JOIN roles ON roles.id = held.role_id "
        "WHERE held.user_id = ",
        *(ROW["id"], f" AND roles.name = '{role}')"),
    )
    return Computed("boolean", holders, metadata={"seen_by": PRIVATE, "after": after})


def _events_with_role(role: str) -> ToMany:
    # Not built-in roles; staff may add them.
    return ToMany(
        "event",
        through="users_events_roles",
        left="user_id",
        right="event_id",
        read_only=True,
        creates=True,
        where=sql(LINK["role_id"], f" = (SELECT id FROM roles WHERE name = '{role}')"),  # noqa: S608 - no user input
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

    # Events at which the user has any role; those by role are declared by the event.
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
    marketer_events = _events_with_role("marketer")
    sales_admin_events = _events_with_role("sales_admin")


def set_password(user: User, password: str) -> None:
    """Set a new password. Revokes everything given for the former one: tokens, sessions, reset emails.

    Raises passwords.Unfit.
    """
    user.password_hash = passwords.hashed(password)
    end_sessions(user)


def end_sessions(user: User) -> None:
    """Revoke all access and refresh tokens of the account, by raising its version."""
    user.tokens_revoked_at = clock.now()


def keep_passwords_hashed(_context: Context, change: Change) -> None:
    """A new account's password is hashed; later it is changed only by actions that ask for the old one."""
    if "password" not in change.sent:
        return
    if not change.is_new:
        raise forbidden("Change a password at /v1/auth/change-password.", "/data/attributes/password")
    try:
        set_password(change.row, change.sent["password"])
    except passwords.Unfit as reason:
        raise invalid(str(reason), "/data/attributes/password") from None


def verify_by_mail_only(context: Context, change: Change) -> None:
    """An account is verified by email, or by staff."""
    pointer = "/data/attributes/is-verified"
    if change.is_new and change.row.is_verified:
        raise invalid("A new account cannot be verified yet.", pointer)
    if "is_verified" in change.before and not context.viewer.is_staff:
        raise forbidden("An account is verified by the link in the mail.", pointer)


def change_address_freshly(context: Context, change: Change) -> None:
    """Changing the email address needs a fresh token, and a new verification.

    If somebody else changes it, all tokens are revoked.
    """
    former = change.before.get("email")
    if former is None or change.is_new:
        return
    demand_fresh(context.viewer, "Changing the e-mail address")
    if former.lower() != change.row.email.lower():
        change.row.is_verified = False
        if context.viewer.id != change.row.id:
            end_sessions(change.row)


def restore_address(context: Context, change: Change) -> None:
    """Any change of a deleted account restores it, with its address unless that is taken."""
    row = change.row
    if row.deleted_at is not None:
        row.deleted_at, change.restores = None, True
    if not change.restores:
        return
    former = former_address(row)
    if former != row.email:
        if _is_taken(context, former):
            raise forbidden("Somebody else has this e-mail address now.", "/data/attributes/email")
        row.email = former


def former_address(account: "User") -> str:
    """The address of a deleted account before it was freed."""
    return re.sub(rf"({re.escape(_SUFFIX)})+\Z", "", account.email)


def tell_about_address(context: Context, change: Change) -> None:
    """Emit the signals for the verification email to the new address and the notice to the former one."""
    former = change.before.get("email")
    if former is not None and not change.restores and former.lower() != change.row.email.lower():
        demand(
            context,
            ADDRESS_CHANGE.counter(f"account {change.row.id}"),
            FIRST_MAIL.counter(scopes.address(change.row.email)),
        )
        signals.emit(
            context.session, "user.email_changed", id=change.row.id, former=former, email=change.row.email
        )
        signals.emit(context.session, "user.verification_requested", id=change.row.id)


def stay_while_needed(context: Context, change: Change) -> None:
    """An account with a role at an event, or with tickets for a future one, is not deleted."""
    needed = db.fetch(
        context.session,
        "SELECT 1 FROM users_events_roles held JOIN events ON events.id = held.event_id "
        "WHERE held.user_id = $1 AND events.deleted_at IS NULL LIMIT 1",
        [change.row.id],
    )
    if needed:
        raise forbidden("This account holds a role at an event: hand that over first.")
    expected = db.fetch(
        context.session,
        "SELECT 1 FROM attendees JOIN orders ON orders.id = attendees.order_id "  # noqa: S608 - no user input
        "JOIN events ON events.id = attendees.event_id "
        "WHERE lower(attendees.email) = lower($1) AND attendees.deleted_at IS NULL "
        f"AND orders.status IN {listed(LIVING)} "
        "AND events.deleted_at IS NULL AND events.ends_at > $2 LIMIT 1",
        [change.row.email, clock.now()],
    )
    if expected:
        raise forbidden("This account has tickets for an event that is still to come.")


def free_address(context: Context, change: Change) -> None:
    """Free the address of a deleted account for reuse."""
    row = change.row
    if row.deleted_at is not None:
        return
    address = row.email + _SUFFIX
    while _is_taken(context, address):
        address += _SUFFIX
    row.email = address
    end_sessions(row)


def _is_taken(context: Context, address: str) -> bool:
    return bool(db.fetch(context.session, "SELECT 1 FROM users WHERE lower(email) = lower($1)", [address]))


USER = Resource(
    "user",
    User,
    UserSchema,
    path="users",
    limited_by=(SIGN_UP, FIRST_MAIL),
    # Users that are not deleted are included with their public attributes; direct access is their own.
    policy=Policy(
        see=anyone,
        read=SELF | staff,
        list=staff,
        create=anyone,
        change=SELF | ADMIN_OF_THIS,
        remove=SELF | ADMIN_OF_THIS,
    ),
    before_write=[
        keep_passwords_hashed,
        verify_by_mail_only,
        change_address_freshly,
        restore_address,
    ],
    after_write=[tell_about_address],
    before_delete=[stay_while_needed, free_address],
    viewer_after_create=lambda user: Viewer(id=user.id, email=user.email),
    constraint_errors={"uq_users_email": ("/data/attributes/email", "This e-mail address is taken.")},
    shared=True,
)
