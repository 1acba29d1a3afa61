"""Finds an order by its reference, a sentence that the buyer reads aloud to the event's team."""

from chalicelib import db
from chalicelib.docs.documented import READING, documented
from chalicelib.jsonapi.ground.errors import Problem, bad_parameter, not_found
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.negotiation import unless_known
from chalicelib.jsonapi.http.rendering import resource_answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.query.parse import parse
from chalicelib.jsonapi.read.find import Target, find
from chalicelib.memorable import OF_32_BITS, NotASentence

_PARAMETER = "reference"


@action("GET", "/v1/orders/search", query=(_PARAMETER,), families=("fields", "include"), documents=True)
@documented(
    who="whoever sees the order: its buyer, its attendees, owner, organizers and coorganizers of the event",
    query={_PARAMETER: "20 exultant leopards strode intensely"},
    one="order",
    errors=(*READING, 422),
)
def search_orders(context: Context) -> Answer:
    """The order with this reference, in any case and spacing; commas and dashes count as spaces.

    Raises Problem 400 without a reference, 401, 404 for a missing order and for one that is not visible to
    the viewer alike, and 422 for a wrong word, with the most similar valid one.
    """
    context.demand_account()
    text = context.request.parameter(_PARAMETER)
    if text is None:
        raise bad_parameter(_PARAMETER, "Which order? Its reference is the sentence that its buyer was told.")
    try:
        reference = OF_32_BITS.write(OF_32_BITS.read(text))
    except NotASentence as mistake:
        raise Problem(422, str(mistake), parameter=_PARAMETER) from mistake
    order = context.registry["order"]
    query = parse(context.request, context.registry, order, many=False)
    # Hidden and missing orders take the same path: there is no row 0.
    meant = db.fetch(
        context.session, "SELECT coalesce((SELECT id FROM orders WHERE reference = $1), 0)", [reference]
    )
    result = find(context, Target(order.type, str(meant[0][0])), query)
    if result.data is None:
        raise not_found(f"There is no order '{reference}'.")
    return unless_known(context.request, resource_answer(context.request, result))
