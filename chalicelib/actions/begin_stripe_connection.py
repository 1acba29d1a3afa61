"""GET /v1/events/{event}/stripe-connection: where an organizer connects a Stripe account."""

from typing import Final
from urllib.parse import urlencode

from chalicelib.auth.roles import ORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.limits.limit import Exempt
from chalicelib.resources.orders.payment.connect_state import new_state
from chalicelib.resources.orders.payment.stripe_keys import platform
from chalicelib.settings import settings

_FREE: Final = (Exempt("It is for an event's organizers, stores nothing and asks nobody."),)
_EXAMPLE: Final = {
    "url": "https://connect.stripe.com/oauth/authorize?response_type=code&client_id=ca_1&state=1.2",
    "state": "1.2",
}


@action("GET", "/v1/events/{event}/stripe-connection", secret=True, limited_by=_FREE)
@documented(who="owner and organizers of the event", response=_EXAMPLE, errors=(400, 401, 403, 404, 409))
def begin_stripe_connection(context: Context, event: str) -> Answer:
    """{url, state}: Stripe's page, and the state that it sends back with its code. A client that sends the
    state as `stripe-state` of a stripe-authorization, beside the code, has it checked: it is for this account
    and this event, for an hour. 409 where the platform has no keys of Stripe.
    """
    user_id = context.demand_account()
    id = visible_to_team(context, "event", event, roles=ORGANIZERS).id
    chosen = platform(context.session)
    if chosen is None:
        raise conflict("This platform is not connected to Stripe: its staff has set no keys.")
    state = new_state(user_id, id)
    asked = {"response_type": "code", "client_id": chosen.client_id, "scope": "read_write", "state": state}
    address = settings().stripe_connect_url.rstrip("/")
    return plain({"url": f"{address}/oauth/authorize?{urlencode(asked)}", "state": state})
