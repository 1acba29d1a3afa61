"""Finding an order by its reference, the sentence that its buyer reads aloud to the event's team."""

from chalicelib import db
from chalicelib.docs.shown import READING, shows
from chalicelib.jsonapi.ground.errors import Problem, bad_parameter, not_found, unauthorized
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.negotiation import unless_known
from chalicelib.jsonapi.http.rendering import resource_answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.query.parse import parse
from chalicelib.jsonapi.read.find import Target, find
from chalicelib.memorable import OF_32_BITS, NotASentence

_PARAMETER = "reference"


@action("GET", "/v1/orders/search", documents=True)
@shows(
    who="whoever sees the order: its buyer, its attendees, owner, organizers and coorganizers of the event",
    query={_PARAMETER: "20 exultant leopards strode intensely"},
    one="order",
    refuses=(*READING, 422),
)
def search_orders(context: Context) -> Answer:
    """The order with this reference, in any case and spacing; commas and dashes are spaces too.

    Raises Problem 400 without a reference, 401, 404 for an order that is not there as for one that the
    viewer may not see, and 422 for a wrong word, with the nearest right one.
    """
    if context.viewer.id is None:
        raise unauthorized()
    text = context.request.parameter(_PARAMETER)
    if text is None:
        raise bad_parameter(_PARAMETER, "Which order? Its reference is the sentence that its buyer was told.")
    try:
        reference = OF_32_BITS.write(OF_32_BITS.read(text))
    except NotASentence as mistake:
        raise Problem(422, str(mistake), parameter=_PARAMETER) from mistake
    order = context.registry["order"]
    query = parse(context.request, context.registry, order, many=False)
    # Who may not see an order and who makes one up go the same way: there is no row 0.
    meant = db.fetch(
        context.session, "SELECT coalesce((SELECT id FROM orders WHERE reference = $1), 0)", [reference]
    )
    found = find(context, Target(order.type, str(meant[0][0])), query)
    if found.data is None:
        raise not_found(f"There is no order '{reference}'.")
    return unless_known(context.request, resource_answer(context.request, found))
