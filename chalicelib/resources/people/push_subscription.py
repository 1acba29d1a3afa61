"""Push subscriptions: browsers that get notifications by Web Push, of the kinds that their user chose."""

from typing import Any, Final

from marshmallow import ValidationError
from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from chalicelib import db, web_push
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr, fields, validate
from chalicelib.jsonapi.model.policy import Policy, is_owner, staff
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.columns import CreatedAt, perhaps_owned_by
from chalicelib.resources.people.notification.kinds import KINDS
from chalicelib.resources.policies import ACCOUNT_HOLDER
from chalicelib.resources.value_fields import LinkKey

MOST_OF_ONE: Final = 20  # subscriptions of one user: the oldest end
# Whoever has the endpoint is the browser: a subscription that it had before, of whomever, is over.
_REPLACE: Final = "DELETE FROM push_subscriptions WHERE endpoint = $1 AND id IS DISTINCT FROM $2::bigint"
_PRUNE: Final = f"""
DELETE FROM push_subscriptions WHERE id IN (
  SELECT id FROM push_subscriptions WHERE user_id = $1 ORDER BY id DESC OFFSET {MOST_OF_ONE - 1}
)
"""  # noqa: S608 - no user input
_OWNER_OF_PROFILE: Final = "SELECT user_id FROM profiles WHERE id = $1"


def _at_a_service(value: str) -> None:
    if not web_push.is_service(value):
        raise ValidationError("An endpoint is an https address at a push service that is known here.")


def _is_key(value: str) -> None:
    try:
        is_point = web_push.is_point(web_push.octets(value))
    except ValueError:
        is_point = False
    if not is_point:
        raise ValidationError("Not a public key of P-256: an uncompressed point in base64url.")


def _is_auth(value: str) -> None:
    try:
        length = len(web_push.octets(value))
    except ValueError:
        length = 0
    if length != web_push.AUTH_BYTES:
        raise ValidationError(f"Not a secret of {web_push.AUTH_BYTES} bytes in base64url.")


def _kinds(**options: Any) -> fields.List[Any]:
    return fields.List(fields.Str(validate=validate.OneOf(KINDS)), **options)


_USER = is_owner("user_id", whichever_profile=True)
_KEEPER = _USER | staff


class PushSubscription(Model):
    __tablename__ = "push_subscriptions"
    # As the browser's PushSubscription has them. The keys are for encryption, and never shown; without them
    # and the platform's own key nobody pushes to the endpoint.
    endpoint: Mapped[str] = attr(
        LinkKey,
        required=True,
        validate=_at_a_service,
        example="https://updates.push.services.mozilla.com/wpush/v2/gAAAAABl",
    )
    p256dh: Mapped[str] = attr(
        plain=True,
        required=True,
        write_only=True,
        validate=_is_key,
        example="BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    )
    auth: Mapped[str] = attr(
        plain=True, required=True, write_only=True, validate=_is_auth, example="BTBZMqHH6r4Tts7J_aSIgg"
    )
    # Which browser or device this is, as its user calls it.
    label: Mapped[str | None] = attr(fields.Line)
    # Opt-in: of no other kinds is anything sent.
    kinds: Mapped[list[Any]] = attr(_kinds, default=list, example=["new_session", "ticket_purchased"])
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    user_id: Mapped[int] = owned_by("users.id", index=False)
    only_profile_id: Mapped[int | None] = perhaps_owned_by("profiles.id")

    __table_args__ = (
        UniqueConstraint("endpoint", name="uq_push_subscriptions_endpoint"),
        Index("ix_push_subscriptions_user_id", "user_id", "id"),
    )


class PushSubscriptionSchema(Schema):
    user = ToOne("user", inverse="push-subscriptions", required=True, inverse_scope=ACCOUNT_HOLDER)
    # Where there is one, nothing else is sent than what concerns this profile.
    profile = ToOne("profile", column="only_profile_id")


def set_profile_of_user(context: Context, change: Change) -> None:
    """The profile is one of the user's own."""
    row = change.row
    if row.only_profile_id is None or not (change.is_new or "only_profile_id" in change.before):
        return
    if db.fetch(context.session, _OWNER_OF_PROFILE, [row.only_profile_id], flush=False) != [[row.user_id]]:
        raise invalid("This is no profile of the user.", "/data/relationships/profile")


def use_normal_endpoint(_context: Context, change: Change) -> None:
    """One browser is one endpoint, in whatever way its address is written."""
    row = change.row
    if change.is_new or "endpoint" in change.before:
        row.endpoint = web_push.normal_endpoint(row.endpoint)


def replace_former(context: Context, change: Change) -> None:
    """A browser has one subscription, and a user so many."""
    row = change.row
    if change.is_new or "endpoint" in change.before:
        db.fetch(context.session, _REPLACE, [row.endpoint, None if change.is_new else row.id], flush=False)
    if change.is_new:
        db.fetch(context.session, _PRUNE, [row.user_id], flush=False)


PUSH_SUBSCRIPTION = Resource(
    "push-subscription",
    PushSubscription,
    PushSubscriptionSchema,
    path="push-subscriptions",
    policy=Policy(see=_KEEPER, create=_KEEPER, change=_KEEPER, remove=_KEEPER),
    before_write=[set_profile_of_user, use_normal_endpoint, replace_former],
    constraint_errors={
        "uq_push_subscriptions_endpoint": (
            "/data/attributes/endpoint",
            "This browser is just being subscribed.",
        )
    },
)
