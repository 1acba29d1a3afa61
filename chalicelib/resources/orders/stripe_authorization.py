"""Stripe authorizations: link an event to its owner's Stripe account."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from chalicelib.auth.roles import ORGANIZERS
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.errors import conflict, forbidden
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr, validate
from chalicelib.jsonapi.model.policy import Policy, logged_in, visible_with
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.events.one_per_event import has_another
from chalicelib.resources.policies import has_role

_TAKEN = ("/data/relationships/event", "The event has a Stripe authorization already.")
_ORGANIZERS = has_role(ORGANIZERS)


class StripeAuthorization(Model):
    """The key is null until Stripe has accepted the code; only then the event counts as linked."""

    __tablename__ = "stripe_authorizations"
    stripe_publishable_key: Mapped[str | None] = attr(read_only=True)
    stripe_auth_code: Mapped[str] = attr(
        required=True, write_only=True, validate=validate.Length(1, 255), plain=True
    )
    event_id: Mapped[int] = owned_by("events.id")

    __table_args__ = (UniqueConstraint("event_id", name="uq_stripe_authorizations_event"),)


class StripeAuthorizationSchema(Schema):
    event = ToOne(
        "event", inverse="stripe-authorization", inverse_many=False, inverse_or_404=True, required=True
    )


def only_where_wanted(context: Context, change: Change) -> None:
    """Only an event that accepts Stripe needs one, and only one."""
    if not change.is_new and "event_id" not in change.before:
        return
    event = context.session.get(Event, change.row.event_id)
    if event is not None and not event.can_pay_by_stripe:
        raise forbidden("The event does not take payments by Stripe.", "/data/relationships/event")
    if has_another(context.session, change.row):
        pointer, sentence = _TAKEN
        raise conflict(sentence, pointer)


def forget_the_former_account(_context: Context, change: Change) -> None:
    """A new code is a new connection, whose key is not known yet."""
    if "stripe_auth_code" in change.before:
        change.row.stripe_publishable_key = None


STRIPE_AUTHORIZATION = Resource(
    "stripe-authorization",
    StripeAuthorization,
    StripeAuthorizationSchema,
    path="stripe-authorizations",
    methods=EVERYTHING - {"list"},
    policy=Policy(
        see=logged_in & visible_with("event"), create=_ORGANIZERS, change=_ORGANIZERS, remove=_ORGANIZERS
    ),
    before_write=[only_where_wanted, forget_the_former_account],
    constraint_errors={"uq_stripe_authorizations_event": _TAKEN},
)
