"""The receipt of a completed order, mailed to its buyer once more."""

from chalicelib import signals
from chalicelib.actions.account_requests import body
from chalicelib.actions.event_questions import works_there
from chalicelib.actions.order_mail_requests import keep_to_the_limits, order_in, refusal
from chalicelib.auth.roles import REGISTRARS
from chalicelib.docs.shown import shows
from chalicelib.jsonapi.action import action
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.errors import conflict, unauthorized
from chalicelib.jsonapi.request import Answer, plain
from chalicelib.tasks.send_receipt_mail import NAME

_ORDER = "order-identifier"


@action("POST", "/v1/attendees/send-receipt")
@shows(
    who="the buyer, and owner, organizers, coorganizers and registrars of the event",
    takes={_ORDER: "3f0d2d5e-6c1c-4f0a-9d9e-0c8f6a3b2a10"},
    gives={"status": True, "message": "The receipt is on its way."},
    refuses=(400, 401, 403, 404, 409, 413, 429),
)
def send_receipt(context: Context) -> Answer:
    """{order-identifier: identifier or id} -> the buyer is mailed the receipt.

    409 unless it is completed; 429 after 5 requests in a minute by one user, or 60 from one place.
    """
    viewer = context.viewer
    if viewer.id is None:
        raise unauthorized()
    order = order_in(context, body(context), _ORDER)
    is_buyer = viewer.is_whose(order.user_id, order.profile_id)
    if not is_buyer and not works_there(context, order.event_id, REGISTRARS):
        raise refusal(context, order, "Only the buyer and the event's team get receipts.", f"/{_ORDER}")
    if order.status != "completed":
        raise conflict(f"There is no receipt for an order that is {order.status}.", f"/{_ORDER}")
    place = keep_to_the_limits(context, NAME)
    signals.emit(
        context.session, "order.receipt_requested", id=order.id, viewer_id=viewer.id, asked_from=place
    )
    return plain({"status": True, "message": "The receipt is on its way."})
