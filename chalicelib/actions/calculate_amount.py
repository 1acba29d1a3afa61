"""The price of a basket, calculated before anything is ordered."""

from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import Problems
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import CODES
from chalicelib.resources.orders.basket.amounts import amounts_of
from chalicelib.resources.orders.basket.amounts_json import as_json
from chalicelib.resources.orders.basket.basket import basket_of
from chalicelib.resources.orders.basket.basket_request import parse_basket_request
from chalicelib.resources.orders.waiting_list_entry.claiming import offered_in

_LINE = {
    "id": 1,
    "name": "Early bird",
    "price": 123.5,
    "quantity": 2,
    "discount": {
        "code": "FRIENDS",
        "percent": 10.0,
        "amount": 12.35,
        "total": 12.35,
        "type": "percent",
        "warning": "The code is good for 1 of these 2 tickets.",
    },
    "ticket_fee": 0.0,
    "sub_total": 234.65,
    "ticket_tax": 22.23,
    "discounted_tax": 20.01,
}


@action("POST", "/v1/orders/calculate-amount", lenient=True, limited_by=CODES)
@documented(
    who="anybody",
    open=True,
    request={
        "tickets": [{"id": 1, "quantity": 2, "price": 123.5}],
        "discount-code": "FRIENDS",
        "access-code": "FRIENDS",
        "discount-verify": False,
        "waiting-list-offer": None,
    },
    optional=(
        "access-code",
        "discount-code",
        "discount-verify",
        "price",
        "quantity",
        "waiting-list-offer",
    ),
    response={
        "total": 276.89,
        "sub_total": 234.65,
        "discount": 12.35,
        "tax": {
            "included": False,
            "amount": 42.24,
            "percent": 18.0,
            "name": "VAT",
            "rates": [{"percent": 18.0, "net": 234.65, "amount": 42.24}],
        },
        "tickets": [_LINE],
    },
    optional_in_response=("rates", "tax", "discount", "discounted_tax", "ticket_tax", "warning"),
    errors=(400, 401, 404, 409, 413, 422),
)
def calculate_amount(context: Context) -> Answer:
    """Price a basket: {tickets: [{id, quantity, price}], discount-code, access-code, discount-verify}.

    Quantity defaults to 1, a line with 0 is ignored, and the price is for donations only. Codes are given by
    their text. A discount code that does not suffice for all tickets is applied as far as it goes, with a
    warning; with discount-verify it is refused. `waiting-list-offer` is that of create-order. `tax.rates` is
    there where tickets have several. Raises
    Problem 400, 404, 409 (sold out), 422, all with pointers into the body.
    """
    requested = parse_basket_request(context.request)
    if not requested.tickets:
        return plain(as_json(amounts_of(())))
    offered = offered_in(context, requested)
    basket = basket_of(context, requested, offered=offered)
    if basket.sold_out and not offered:
        raise Problems(basket.sold_out)
    return plain(as_json(basket.amounts))
