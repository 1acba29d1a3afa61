"""What the verbs that mail about an order again share: which order it is, and how often one may ask."""

import hashlib
import hmac
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from chalicelib import clock, db
from chalicelib.auth import tokens
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.errors import Problem, bad_document, forbidden, not_found
from chalicelib.jsonapi.read import is_number
from chalicelib.jsonapi.rights import passes
from chalicelib.resources.orders.order import Order

_PERIOD: Final = timedelta(minutes=1)
_MOST_BY_ONE: Final = 5
_MOST_FROM_ONE_PLACE: Final = 60
# Who asks at the same moment waits a moment, so that both are counted.
_ONE_BY_ONE: Final = """
SELECT pg_advisory_xact_lock(hashtextextended($1 || ' by ' || $2, 0)),
       pg_advisory_xact_lock(hashtextextended($1 || ' from ' || $3, 0))
"""
# What was written down for later is also what was asked for.
_ASKED: Final = """
SELECT count(*) FILTER (WHERE arguments ->> 'asked_by' = $2),
       count(*) FILTER (WHERE arguments ->> 'asked_from' = $3)
FROM outbox WHERE task = $1 AND created_at > $4
"""


def order_in(context: Context, content: dict[str, Any], name: str, at: str = "") -> Order:
    """The order whose identifier or id is the body's `name`. Raises 400, and 404 when there is none."""
    value = content.get(name)
    if value is None or value == "":
        raise bad_document(f"{name} is missing.", f"{at}/{name}")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise bad_document(f"{name} must be the order's identifier or its id.", f"{at}/{name}")
    text = str(value)
    wanted = Order.id == int(text) if is_number(text) else Order.identifier == text
    order = context.session.scalars(select(Order).where(wanted)).one_or_none()
    if order is None:
        raise not_found("There is no such order.", f"{at}/{name}")
    return order


def refusal(context: Context, order: Order, detail: str, pointer: str) -> Problem:
    """403 for who may see the order, and for others the same 404 as if there were none."""
    resource = context.registry["order"]
    sees = passes(context, resource, order, [resource.policy.see & resource.policy.read])[0]
    return forbidden(detail, pointer) if sees else not_found("There is no such order.", pointer)


def keep_to_the_limits(context: Context, task: str) -> str:
    """A digest of the place that the request came from, to be written down with the task.

    Raises Problem 429 after 5 requests for the task in a minute by one user, or 60 from one place.
    """
    place = _digest(context.request.source_ip)
    asked = [task, str(context.viewer.id), place]
    db.send(context.session, _ONE_BY_ONE, asked)
    ((by_one, from_place),) = db.fetch(context.session, _ASKED, [*asked, clock.now() - _PERIOD])
    if by_one >= _MOST_BY_ONE or (context.request.source_ip and from_place >= _MOST_FROM_ONE_PLACE):
        seconds = int(_PERIOD.total_seconds())
        raise Problem(429, "Too many requests for mails; try later.", headers={"Retry-After": str(seconds)})
    return place


def _digest(source_ip: str) -> str:
    # Keyed, because there are few enough addresses to try them all.
    secret = next(iter(tokens.keys().values()))
    return hmac.new(secret.encode(), source_ip.encode(), hashlib.sha256).hexdigest()[:32]
