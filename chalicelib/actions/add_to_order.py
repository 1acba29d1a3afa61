"""Addition to an order: more tickets for who has bought before, as a linked order that is paid by itself."""

from dataclasses import replace
from typing import Final

from chalicelib import signals
from chalicelib.actions.create_order import place_order
from chalicelib.actions.plain_object import members_of
from chalicelib.actions.refund_order import locked_for_buyer
from chalicelib.auth import tokens
from chalicelib.auth.viewer import Viewer
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, forbidden
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import detail_answer
from chalicelib.jsonapi.http.rendering import with_secret
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.limits.declared import CODES
from chalicelib.resources.orders.basket.basket_request import RequestedBuyer, parse_basket_request
from chalicelib.resources.orders.basket.bought_before import bought_before, first_of
from chalicelib.resources.orders.order import links
from chalicelib.resources.orders.order.states import ADMITTING

_MEMBERS: Final = ("tickets", "discount-code", "access-code", "discount-verify")


@action("POST", "/v1/orders/{order}/add", limited_by=CODES)
@documented(
    who="the buyer",
    request={
        "tickets": [{"id": 1, "quantity": 1, "price": 123.5}],
        "discount-code": "FRIENDS",
        "access-code": "FRIENDS",
        "discount-verify": False,
    },
    optional=("access-code", "discount-code", "discount-verify", "price", "quantity"),
    one="order",
    errors=(400, 401, 403, 404, 409, 413, 422, 503),
)
def add_to_order(context: Context, order: str) -> Answer:
    """The body of calculate-amount -> another order of the same buyer, initializing, `added-to` the first
    one: buyer and billing address are those of the order, and it is named, paid and cancelled by itself.

    Limits of an order (min-order, max-order, and those of codes) hold for all linked orders together. 409 for
    an order that is not placed or completed, and where something is sold out. By the link of an order, `meta`
    has a token for the new one; the link of either opens both (open-link).
    """
    context.demand_identity()
    row = visible(context, "order", order)
    members_of(context, _MEMBERS)
    former, buys = locked_for_buyer(context, row.id)
    if not buys:
        raise forbidden("Tickets are added to an order by its buyer.")
    if former.status not in ADMITTING:
        raise conflict(f"The order is {former.status}: tickets are added to what was bought.", "/data")
    guest = None
    if former.user_id is None:
        guest = RequestedBuyer(former.guest_name or "", former.guest_email or "")
    requested = replace(
        parse_basket_request(context.request),
        buyer=guest,
        before=bought_before(context.session, first_of(former)),
    )
    is_included = context.request.parameter("include") is not None
    added = place_order(context, requested, at_once=is_included, added_to=former)
    orders = context.registry["order"]
    if guest is None:
        return detail_answer(context, orders, str(added.id))
    signals.emit(context.session, "order.link_wanted", id=added.id)
    opens = links.rows_of(added.id, added.event_id)
    holder = context.acting_as(Viewer(opens=opens, proofs=context.viewer.proofs))
    meta = {"access_token": tokens.link_token(opens, 0), "expires-in": links.TOKEN_SECONDS}
    return with_secret(detail_answer(holder, orders, str(added.id)), meta)
