"""Helpers of the actions that send order emails again: finding the order, and refusals."""

from typing import Any

from sqlalchemy import select

from chalicelib.jsonapi.ground.errors import Problem, bad_document, forbidden, not_found
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.verdicts import evaluate
from chalicelib.resources.orders.order.table import Order


def order_in(context: Context, content: dict[str, Any], name: str, at: str = "") -> Order:
    """The order whose identifier or id is the body's `name`. Raises Problem 400, and 404 when there is
    none.
    """
    value = content.get(name)
    if value is None or value == "":
        raise bad_document(f"{name} is missing.", f"{at}/{name}")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise bad_document(f"{name} must be the order's identifier or its id.", f"{at}/{name}")
    text = str(value)
    condition = Order.id == int(text) if is_number(text) else Order.identifier == text
    order = context.session.scalars(select(Order).where(condition)).one_or_none()
    if order is None:
        raise not_found("There is no such order.", f"{at}/{name}")
    return order


def refusal(context: Context, order: Order, detail: str, pointer: str) -> Problem:
    """403 if the viewer may see the order, else 404 as for a missing one."""
    resource = context.registry["order"]
    sees = evaluate(context, resource, order, [resource.policy.see & resource.policy.read])[0]
    return forbidden(detail, pointer) if sees else not_found("There is no such order.", pointer)
