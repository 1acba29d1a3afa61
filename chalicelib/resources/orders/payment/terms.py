"""Refund terms: what an event's refund rule gives back for tickets, in minor units, at a moment.

The rule counts that gives most: the one when the tickets were ordered, or today's. So do the event's dates:
who has brought an event forward has not shortened the time in which buyers were promised their money.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import clock, db
from chalicelib.values.currencies import digits_of
from chalicelib.values.money import share_of

# What the rule of the event said when the order was made, and what it says now, each with the later dates.
# What was changed in the seconds before counts as it was, too: a buyer may not have seen the change, whose
# transaction had to end, and the clocks of database and application differ.
_RULES: Final = """
SELECT promised.rule, greatest(promised.starts_at, event.starts_at), greatest(promised.ends_at, event.ends_at)
FROM events event CROSS JOIN LATERAL (
  SELECT kept.rule, kept.starts_at, kept.ends_at FROM refund_rule_versions kept
  WHERE kept.event_id = event.id AND kept.since <= $2 AND NOT EXISTS (
    SELECT FROM refund_rule_versions later WHERE later.event_id = kept.event_id AND later.id > kept.id
    AND later.since <= $2 - interval '10 seconds'
  )
) promised
WHERE event.id = $1 AND promised.rule IS NOT NULL
UNION ALL
SELECT latest.rule, event.starts_at, event.ends_at
FROM events event CROSS JOIN LATERAL (
  SELECT kept.rule FROM refund_rule_versions kept WHERE kept.event_id = event.id ORDER BY kept.id DESC LIMIT 1
) latest
WHERE event.id = $1 AND latest.rule IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Step:
    """Until so many hours before the event begins, or until a moment, so many percent go back."""

    percent: int
    hours_before: int | None = None
    until: datetime | None = None

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Step":
        """The step as it is stored."""
        until = stored.get("until")
        moment = datetime.fromisoformat(until) if until is not None else None
        return cls(int(stored["percent"]), stored.get("hours-before"), moment)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a rule gives: `share` is so many percent, less `fee` kept of each ticket; in minor units."""

    percent: int
    share: int
    fee: int
    until: datetime
    needs_approval: bool

    @property
    def amount(self) -> int:
        """What goes back."""
        return self.share - self.fee


def deadline(step: Step, starts_at: datetime) -> datetime:
    """Until when a step counts."""
    return step.until if step.until is not None else starts_at - timedelta(hours=step.hours_before or 0)


def terms_of(session: Session, order: Any, paid: Iterable[int], currency: str) -> Terms | None:
    """What goes back of what was paid for each of these tickets; None where no rule gives anything now."""
    rules = db.fetch(session, _RULES, [order.event_id, order.created_at], flush=False)
    prices = [price for price in paid if price]
    offered = [
        _terms(rule, starts_at, prices, currency)
        for rule, starts_at, ends_at in rules
        if ends_at > clock.now()
    ]
    return max(
        (terms for terms in offered if terms is not None and terms.amount > 0),
        key=lambda terms: (terms.amount, not terms.needs_approval, terms.until),
        default=None,
    )


def _terms(rule: Mapping[str, Any], starts_at: datetime, prices: list[int], currency: str) -> Terms | None:
    steps = map(Step.of, rule["steps"])
    now = clock.now()
    open_steps = [(step.percent, ends) for step in steps if (ends := deadline(step, starts_at)) > now]
    if not open_steps:
        return None
    percent, until = max(open_steps)
    share = share_of(sum(prices), Decimal(percent))
    # A currency that the event has had since may have fewer decimals.
    kept = int(Decimal(str(rule["fee"])).scaleb(digits_of(currency))) * len(prices)
    return Terms(percent, share, min(kept, share), until, bool(rule["needs_approval"]))
