"""What a basket would cost: asked before anything is ordered, as often as one likes."""

from chalicelib.docs.shown import shows
from chalicelib.jsonapi.action import action
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.errors import Problems
from chalicelib.jsonapi.request import Answer, plain
from chalicelib.resources.orders.amounts import as_json
from chalicelib.resources.orders.basket import basket_of
from chalicelib.resources.orders.wanted import wanted_in

_LINE = {
    "id": 1,
    "name": "Early bird",
    "price": 123.5,
    "quantity": 2,
    "discount": {"code": "SPRING", "percent": 10.0, "amount": 12.35, "total": 24.7, "type": "percent"},
    "ticket_fee": 0.0,
    "sub_total": 222.3,
    "ticket_tax": 22.23,
    "discounted_tax": 20.01,
}


@action("POST", "/v1/orders/calculate-amount")
@shows(
    who="anybody",
    open=True,
    takes={"tickets": [{"id": 1, "quantity": 2}], "discount-code": "SPRING"},
    optional=("discount-code", "quantity"),
    gives={
        "total": 262.31,
        "sub_total": 222.3,
        "discount": 24.7,
        "tax": {"included": False, "amount": 40.01, "percent": 18.0, "name": "VAT"},
        "tickets": [_LINE],
    },
    perhaps=("tax", "discount", "discounted_tax", "ticket_tax"),
    refuses=(400, 401, 404, 409, 413, 422),
)
def calculate_amount(context: Context) -> Answer:
    """Price a basket: {tickets: [{id, quantity, price}], discount-code, access-code, discount-verify}.

    A code is given by its id (a number) or by its text; a price only for donations. With discount-verify
    a code that does not last for all tickets is refused. Raises Problem 400, 404, 409 (sold out), 422.
    """
    basket = basket_of(context, wanted_in(context.request))
    if basket.sold_out:
        raise Problems(basket.sold_out)
    return plain(as_json(basket.amounts))
