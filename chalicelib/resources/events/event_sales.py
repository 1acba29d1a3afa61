"""What an event has sold, as its team sees it with the event itself."""

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.fields import Computed, Schema
from chalicelib.jsonapi.policy import holds
from chalicelib.resources.orders.statistics import money_of_event, tickets_of_event


def _sales(state: str) -> Computed:
    return Computed("numeric", money_of_event("{t}", state), metadata={"scope": holds(COORGANIZERS, "id")})


def _tickets(state: str) -> Computed:
    return Computed("integer", tickets_of_event("{t}", state), metadata={"scope": holds(COORGANIZERS, "id")})


class SoldSchema(Schema):
    """Money and tickets by the state of the orders, and whether a Stripe account takes the money."""

    completed_order_sales = _sales("completed")
    placed_order_sales = _sales("placed")
    pending_order_sales = _sales("pending")
    completed_order_tickets = _tickets("completed")
    placed_order_tickets = _tickets("placed")
    pending_order_tickets = _tickets("pending")
    is_stripe_linked = Computed(
        "boolean",
        "EXISTS (SELECT 1 FROM stripe_authorizations given "
        "WHERE given.event_id = {t}.id AND given.stripe_publishable_key IS NOT NULL)",
    )
