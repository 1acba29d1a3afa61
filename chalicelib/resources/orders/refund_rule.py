"""Refund rules: until when a buyer may cancel tickets of an event, and which share of their price goes back.

The event's text `refund-policy` is for people; this is what the server does. A buyer is refunded by what the
rule said when they ordered, or by what it says now, whichever gives more back: triggers keep what it said.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from marshmallow import ValidationError, validates_schema
from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.auth.roles import ORGANIZERS
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.errors import conflict, forbidden, invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr, fields, validate
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.attributes import MomentText, money
from chalicelib.resources.columns import FalseByDefault
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.events.one_per_event import has_another
from chalicelib.resources.money_rules import in_the_currency_of_its_event
from chalicelib.resources.orders.payment.terms import Step, deadline
from chalicelib.resources.policies import written_by

_TAKEN = ("/data/relationships/event", "The event has a refund rule already.")
_STEPS: Final = "/data/attributes/steps"
_MOST_STEPS: Final = 10
_MOST_HOURS: Final = 24 * 366


class RefundStep(Schema):
    """One step: until this time before the event begins, or until this moment, so many percent go back."""

    percent = fields.Int(required=True, strict=True, validate=validate.Range(1, 100))
    hours_before = fields.Int(attribute="hours-before", strict=True, validate=validate.Range(0, _MOST_HOURS))
    until = MomentText.of_json()

    @validates_schema
    def _has_one_deadline(self, data: dict[str, Any], **_options: Any) -> None:
        if ("hours-before" in data) == ("until" in data):
            raise ValidationError("A step has either hours-before or until.", "until")


def refund_steps(**options: Any) -> fields.List[Any]:
    """The steps of a rule: the earlier its deadline, the larger its share."""
    return fields.List(fields.Nested(RefundStep), validate=validate.Length(1, _MOST_STEPS), **options)


class RefundRule(Model):
    __tablename__ = "refund_rules"
    steps: Mapped[list[Any]] = attr(
        refund_steps,
        required=True,
        example=[{"hours-before": 336, "percent": 100}, {"hours-before": 48, "percent": 50}],
    )
    # What is kept of each ticket's share, in the currency of the event.
    fee: Mapped[Decimal] = attr(money, default=0)
    # Whether an organizer has to agree first.
    needs_approval: Mapped[FalseByDefault] = attr()
    event_id: Mapped[int] = owned_by("events.id")

    __table_args__ = (UniqueConstraint("event_id", name="uq_refund_rules_event"),)


class RefundRuleVersion(Model):
    """What the rule of an event said from this moment on, and when the event was to take place.

    `rule` is null where there is none any more; the dates are null in versions
    from before dates were kept, for which the event's own count.
    """

    __tablename__ = "refund_rule_versions"
    event_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("events.id", ondelete="CASCADE"))
    since: Mapped[datetime]
    rule: Mapped[dict[str, Any] | None]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_refund_rule_versions_event_id_id", "event_id", "id"),)


class RefundRuleSchema(Schema):
    event = ToOne("event", inverse="refund-rule", inverse_many=False, inverse_or_404=True, required=True)


def give_less_the_later(context: Context, change: Change) -> None:
    """Deadlines follow each other, shares become smaller, and nothing goes back once the event is over."""
    if not change.is_new and "steps" not in change.before:
        return
    event = context.session.get(Event, change.row.event_id)
    if event is None:
        return
    former: Step | None = None
    for number, step in enumerate(map(Step.of, change.row.steps)):
        name = "until" if step.until is not None else "hours-before"
        ends = deadline(step, event.starts_at)
        if ends > event.ends_at:
            raise invalid("The event is over by then.", f"{_STEPS}/{number}/{name}")
        if former is not None and deadline(former, event.starts_at) >= ends:
            raise invalid("Each step ends later than the one before.", f"{_STEPS}/{number}/{name}")
        if former is not None and former.percent <= step.percent:
            raise invalid("Each step gives less back than the one before.", f"{_STEPS}/{number}/percent")
        former = step


def stay_at_the_event(context: Context, change: Change) -> None:
    """An event has one rule, and a rule is that of one event."""
    if not change.is_new and "event_id" in change.before:
        raise forbidden("A refund rule stays at its event.", "/data/relationships/event")
    if change.is_new and has_another(context.session, change.row):
        pointer, sentence = _TAKEN
        raise conflict(sentence, pointer)


REFUND_RULE = Resource(
    "refund-rule",
    RefundRule,
    RefundRuleSchema,
    path="refund-rules",
    # Organizers refund, so they say what is refunded.
    policy=written_by(ORGANIZERS),
    before_write=[stay_at_the_event, give_less_the_later, in_the_currency_of_its_event("fee")],
    constraint_errors={"uq_refund_rules_event": _TAKEN},
)
