"""Refund requests: a buyer asks for what the refund rule gives, and an organizer approves or declines it."""

from typing import Final

from chalicelib import clock, signals
from chalicelib.actions.plain_object import object_of
from chalicelib.actions.refund_order import as_quoted, asked_of, locked_for_buyer
from chalicelib.auth.roles import ORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import forbidden
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import detail_answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, fields, validate
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.limits.declared import PAYMENTS
from chalicelib.resources.orders.payment import refunding
from chalicelib.resources.orders.refund_request import APPROVED, DECLINED, WITHDRAWN, RefundRequest

_ORDER: Final = "refund_request.order_id"


class _AnswerSchema(Schema):
    state = fields.Line(required=True, plain=True, validate=validate.OneOf([APPROVED, DECLINED, WITHDRAWN]))
    answer = fields.Line(allow_none=True)


@action("POST", "/v1/orders/{order}/refund-requests", limited_by=(PAYMENTS,))
@documented(
    who="the buyer",
    request={"attendees": [1], "note": "I am ill", "quote": "5d41402abc4b2a76b9719d911017c592ae2b1f3d"},
    optional=("attendees", "note"),
    one="refund-request",
    errors=(400, 401, 403, 404, 409, 413, 422, 503),
)
def request_refund(context: Context, order: str) -> Answer:
    """{attendees, note, quote} -> the refund request, for the terms of the quote (refund-quote).

    Where an organizer has to approve, it waits for their answer, and the tickets admit until then; else it is
    refunded at once. 409 where the terms have changed, or one of the tickets was asked for already.
    """
    context.demand_identity()
    row = visible(context, "order", order)
    values = asked_of(context)
    sold, buys = locked_for_buyer(context, row.id)
    if not buys:
        raise forbidden("Only the buyer asks for a refund.")
    request = refunding.ask_for(context, sold, as_quoted(context, sold, values), values.get("note"))
    return detail_answer(context, context.registry["refund-request"], str(request.id))


@action("POST", "/v1/refund-requests/{request}/answer", limited_by=(PAYMENTS,))
@documented(
    who="owner and organizers of the event; the buyer withdraws",
    request={"state": "declined", "answer": "You have been there"},
    optional=("answer",),
    one="refund-request",
    errors=(400, 401, 403, 404, 409, 413, 422, 503),
)
def answer_refund_request(context: Context, request: str) -> Answer:
    """{state, answer} -> the refund request. `state` is approved (the quoted amount goes back, and the places
    are free again) or declined, by an organizer; or withdrawn, by the buyer. Each is final. 409 where it was
    answered already, less is left than was quoted, or somebody has checked in.
    """
    context.demand_identity()
    row = visible(context, "refund-request", request, _ORDER, roles=ORGANIZERS)
    values = object_of(
        context,
        _AnswerSchema,
        otherwise="An answer is an object.",
        members="An answer has a state, and says why.",
    )
    state = values["state"]
    order, buys = locked_for_buyer(context, row.value)
    may = buys if state == WITHDRAWN else row.has_role
    if not may:
        raise forbidden(f"{'The buyer withdraws' if state == WITHDRAWN else 'Organizers answer'} a request.")
    asked = context.session.get_one(RefundRequest, row.id, with_for_update=True, populate_existing=True)
    refunding.demand_waiting(asked)
    if state == APPROVED:
        refunding.approve(context, order, asked, values.get("answer"))
    else:
        asked.state, asked.answer, asked.answered_at = state, values.get("answer"), clock.now()
        context.session.flush()
    signals.emit(context.session, "refund.answered", id=asked.id, viewer_id=context.viewer.id)
    return detail_answer(context, context.registry["refund-request"], str(asked.id))
