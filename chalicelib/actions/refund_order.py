"""POST /v1/orders/{order}/refund: an organizer refunds an order, a part of it, or some of its tickets."""

from typing import Any

from marshmallow import ValidationError

from chalicelib.auth.roles import ORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import detail_answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, fields, validate
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.jsonapi.write.document import read_json
from chalicelib.limits.declared import PAYMENTS
from chalicelib.resources.attributes import money
from chalicelib.resources.orders.payment.refunding import RefundRequest, refund
from chalicelib.resources.orders.payment.settling import lock_order

_MOST_TICKETS = 1000


class _RefundSchema(Schema):
    amount = money(allow_none=True)
    attendees = fields.List(
        fields.Integer(validate=validate.Range(1)), validate=validate.Length(0, _MOST_TICKETS)
    )
    note = fields.Line(allow_none=True)


@action("POST", "/v1/orders/{order}/refund", limited_by=(PAYMENTS,))
@documented(
    who="owner and organizers of the event",
    request={"amount": None, "attendees": [1], "note": "The workshop was cancelled"},
    optional=("amount", "attendees", "note"),
    one="refund",
    errors=(400, 401, 403, 404, 409, 413, 422, 503),
)
def refund_order(context: Context, order: str) -> Answer:
    """{amount, attendees, note} -> the refund. With an `amount`, so much goes back, and all still come;
    with ids of `attendees`, what was paid for their tickets goes back, and their places are free again; with
    neither, all that is left goes back, and the order is cancelled. The money goes back the way it came; what
    was paid to the organizer directly is only noted. Never more than was paid goes back.
    """
    id = visible_to_team(context, "order", order, roles=ORGANIZERS).id
    asked = _asked(read_json(context.request))
    made = refund(context, lock_order(context.session, id), asked)
    return detail_answer(context, context.registry["refund"], str(made.id))


def _asked(content: Any) -> RefundRequest:
    if not isinstance(content, dict):
        raise invalid("A refund is an object, if an empty one.", "")
    unknown = sorted(content.keys() - {"amount", "attendees", "note"})
    if unknown:
        raise invalid("A refund has an amount or attendees, and a note.", f"/{unknown[0]}")
    try:
        values = _RefundSchema().load(content)
    except ValidationError as mistake:
        messages: dict[str, Any] = dict(mistake.messages) if isinstance(mistake.messages, dict) else {}
        name, told = next(iter(messages.items()), ("", None))
        sentence = told[0] if isinstance(told, list) else "This is no list of ids."
        raise invalid(str(sentence), f"/{name}") from None
    attendees = tuple(dict.fromkeys(values.get("attendees") or ()))
    if values.get("amount") is not None and attendees:
        raise invalid("Say an amount or attendees, and not both.", "/amount")
    if "attendees" in content and not attendees:
        raise invalid("Say whose tickets.", "/attendees")
    return RefundRequest(values.get("amount"), attendees, values.get("note"))
