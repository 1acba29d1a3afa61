"""Sends the receipt of a completed order to its buyer again."""

from chalicelib import signals
from chalicelib.actions.account_requests import body
from chalicelib.actions.order_mail_requests import order_in, refusal
from chalicelib.auth.roles import REGISTRARS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import has_role_at
from chalicelib.limits.declared import ORDER_MAILS, ORDER_MAILS_BY_SOURCE
from chalicelib.resources.orders.order.buyer import is_buyer
from chalicelib.resources.orders.order.states import COMPLETED

_ORDER = "order-identifier"


@action("POST", "/v1/attendees/send-receipt", lenient=True, limited_by=(ORDER_MAILS, ORDER_MAILS_BY_SOURCE))
@documented(
    who="the buyer, and owner, organizers, coorganizers and registrars of the event",
    request={_ORDER: "3f0d2d5e-6c1c-4f0a-9d9e-0c8f6a3b2a10"},
    response={"status": True, "message": "The receipt is on its way."},
    errors=(400, 401, 403, 404, 409, 413),
)
def send_receipt(context: Context) -> Answer:
    """{order-identifier: identifier or id} -> the receipt is sent to the buyer by email.

    409 unless the order is completed.
    """
    viewer = context.viewer
    context.demand_identity()
    order = order_in(context, body(context), _ORDER)
    mine = is_buyer(viewer, order.id, order.user_id, order.profile_id)
    if not mine and not has_role_at(context, "event", order.event_id, REGISTRARS):
        raise refusal(context, order, "Only the buyer and the event's team get receipts.", f"/{_ORDER}")
    if order.status != COMPLETED:
        raise conflict(f"There is no receipt for an order that is {order.status}.", f"/{_ORDER}")
    signals.emit(context.session, "order.receipt_requested", id=order.id, viewer_id=viewer.id)
    return plain({"status": True, "message": "The receipt is on its way."})
