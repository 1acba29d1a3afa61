"""Sends the emails about an order to buyer and guests again, for the event's team."""

from chalicelib import signals
from chalicelib.actions.account_requests import data
from chalicelib.actions.order_mail_requests import order_in, refusal
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import ORDER_MAILS, ORDER_MAILS_BY_SOURCE
from chalicelib.resources.orders.order.states import ADMITTING


@action("POST", "/v1/orders/resend-email", lenient=True, limited_by=(ORDER_MAILS, ORDER_MAILS_BY_SOURCE))
@documented(
    who="owner, organizers and coorganizers of the event",
    request={"data": {"order": "3f0d2d5e-6c1c-4f0a-9d9e-0c8f6a3b2a10"}},
    response={"status": True, "message": "The mails of this order are on their way again."},
    errors=(400, 401, 403, 404, 413, 422),
)
def resend_order_email(context: Context) -> Answer:
    """{data: {order: identifier or id}} -> the emails to the buyer and the guests are sent again.

    422 unless the order is placed or completed.
    """
    context.demand_account()
    order = order_in(context, data(context), "order", at="/data")
    if not context.viewer.has_role(COORGANIZERS, order.event_id):
        raise refusal(context, order, "Only the event's team has mails sent again.", "/data/order")
    if order.status not in ADMITTING:
        raise invalid(f"There are no mails about an order that is {order.status}.", "/data/order")
    payload = {"state": order.status, "viewer_id": context.viewer.id}
    signals.emit(context.session, "order.mails_requested", id=order.id, **payload)
    return plain({"status": True, "message": "The mails of this order are on their way again."})
