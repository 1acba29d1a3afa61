"""Sales attributes of an event, visible to its team."""

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.ground.sql import LATERAL, ROW, sql
from chalicelib.jsonapi.model.fields import Computed, Schema
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.order.statistics import money_by_state, tickets_by_state
from chalicelib.resources.policies import has_role

_TEAM = {"seen_by": has_role(COORGANIZERS, "id")}
_MONEY = money_by_state(ROW, states.REPORTED)
_PEOPLE = tickets_by_state(ROW, states.REPORTED)


def _sales(state: str) -> Computed:
    return Computed("numeric", sql(LATERAL[state]), _MONEY, metadata=_TEAM)


def _tickets(state: str) -> Computed:
    return Computed("integer", sql(LATERAL[state]), _PEOPLE, metadata=_TEAM)


class SoldSchema(Schema):
    """Money and tickets by order state, and whether a Stripe account is linked."""

    completed_order_sales = _sales(states.COMPLETED)
    placed_order_sales = _sales(states.PLACED)
    pending_order_sales = _sales(states.PENDING)
    completed_order_tickets = _tickets(states.COMPLETED)
    placed_order_tickets = _tickets(states.PLACED)
    pending_order_tickets = _tickets(states.PENDING)
    is_stripe_linked = Computed(
        "boolean",
        sql(
            *("EXISTS (SELECT 1 FROM stripe_authorizations given WHERE given.event_id = ", ROW["id"]),
            " AND given.stripe_publishable_key IS NOT NULL)",
        ),
    )
