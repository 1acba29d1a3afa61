"""Charges: request and response of an online payment. Not stored."""

from chalicelib.jsonapi.model.fields import Schema, fields
from chalicelib.jsonapi.model.policy import Policy, logged_in, nobody
from chalicelib.jsonapi.model.resource import Resource


class ChargeSchema(Schema):
    stripe = fields.Str(plain=True, allow_none=True, load_only=True)
    # Not in the example, which is paid by Stripe.
    paypal_payer_id = fields.Str(plain=True, allow_none=True, load_only=True, metadata={"example": None})
    paypal_payment_id = fields.Str(plain=True, allow_none=True, load_only=True, metadata={"example": None})
    status = fields.Bool(dump_only=True)
    message = fields.Str(dump_only=True)


CHARGE = Resource(
    "charge",
    None,
    ChargeSchema,
    path="charges",
    select_sql="SELECT 0::bigint AS id, NULL::boolean AS status, NULL::text AS message WHERE FALSE",
    methods=frozenset(),
    policy=Policy(see=nobody, create=logged_in, change=nobody, remove=nobody),
)
