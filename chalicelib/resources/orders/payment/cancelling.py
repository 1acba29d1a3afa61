"""Cancellation of a paid order by its buyer: what the event's refund rule gives goes back, or is asked."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib import signals
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.order.buyer import is_buyer
from chalicelib.resources.orders.payment.ledger import add_refunds
from chalicelib.resources.orders.payment.quoting import Quote, funds_of, quote_of_rest
from chalicelib.resources.orders.refund import BY_RULE
from chalicelib.resources.orders.refund_request import RefundRequest


def refund_by_rule(context: Context, change: Change) -> None:
    """After-write hook: a buyer who cancels a paid order is refunded by the rule. Where an organizer has to
    approve, it is asked for; the places are given back at once, as the buyer has said so.
    """
    order = change.row
    is_left = change.before.get("status") in states.ADMITTING and order.status == states.CANCELLED
    if not is_left or not is_buyer(context.viewer, order.id, order.user_id, order.profile_id):
        return
    quote = quote_of_rest(context.session, order)
    if quote is None:
        return
    if quote.needs_approval:
        # What was asked for before keeps its terms, and is answered by itself.
        quote = quote_of_rest(context.session, order, without_asked=True)
        if quote is None:
            return
        request = note_request(context.session, order, quote, order.cancel_note)
        signals.emit(context.session, "refund.requested", id=request.id, viewer_id=context.viewer.id)
    else:
        funds = funds_of(context.session, order.id)
        add_refunds(context.session, funds, quote.amount, BY_RULE, attendee_ids=[*quote.attendee_ids])


def note_request(session: Session, order: Any, quote: Quote, note: str | None) -> RefundRequest:
    """Note that the buyer asks for what is quoted."""
    request = RefundRequest(
        order_id=order.id,
        event_id=order.event_id,
        currency=quote.currency,
        attendee_ids=[*quote.attendee_ids],
        paid_minor=quote.paid,
        percent=quote.percent,
        fee_minor=quote.fee,
        amount_minor=quote.amount,
        note=note,
    )
    session.add(request)
    session.flush()
    return request
