"""POST /v1/orders/{order}/charge: online payment. No payment provider is connected, so nothing is charged."""

from typing import NoReturn

from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.changing import lock_editable
from chalicelib.jsonapi.write.document import read_resource
from chalicelib.jsonapi.write.loading import load_attributes
from chalicelib.resources.orders.order.states import HELD
from chalicelib.resources.orders.payment.modes import DIRECT


@action("POST", "/v1/orders/{order}/charge", documents=True)
@documented(
    who="the buyer, and owner, organizers, coorganizers and registrars of the event",
    creates="charge",
    status=409,
    errors=(400, 401, 403, 404, 406, 413, 415, 422),
)
def charge_order(context: Context, order: str) -> NoReturn:
    """Refused: 409 for an order that needs no payment or is paid to the organizer, and as no provider is
    connected.
    """
    context.demand_account()
    charge = context.registry["charge"]
    incoming = read_resource(context.request, charge.type, None)
    load_attributes(charge, incoming, is_new=True)
    row = lock_editable(context, context.registry["order"], order)
    if row.status not in HELD or not row.amount:
        raise conflict(
            f"An order that is {row.status} and costs {row.amount or 0} cannot be charged.", "/data"
        )
    if row.payment_mode in DIRECT:
        raise conflict(f"Payment by {row.payment_mode} goes to the organizer directly.", "/data")
    raise conflict("No payment provider is connected to this server.", "/data")
