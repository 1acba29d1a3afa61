"""Events whose request is a write: a plain POST, and the worst day's: a checkout and a check-in."""

import json
import os
import subprocess
import sys
from typing import Any, Final

from benchmarks.contestants import ROOT
from benchmarks.world import World
from chalicelib.auth import tokens
from devstack import database, gateway

NONCE: Final = "nonce-of-this-turn"  # to be replaced in each turn
_CHECKOUT: Final = """
import json, sys
import app
from devstack import gateway
print(app.app(json.loads(sys.argv[1]), gateway.LambdaContext())["statusCode"])
"""
_FREE: Final = "SELECT min(id) FROM tickets WHERE event_id = :event"
_COMPLETED: Final = "UPDATE orders SET status = 'completed', completed_at = now()"
_CODE: Final = """
SELECT bought.identifier || '-' || admitted.id
FROM attendees admitted JOIN orders bought ON bought.id = admitted.order_id LIMIT 1
"""
_JSONAPI: Final = "application/vnd.api+json"
_JSON: Final = "application/json"


def events(world: World) -> tuple[dict[str, str], dict[str, str]]:
    """The events as JSON by name, and the environment that leads to a database that they may change."""
    brief, environment = world.other_database("cold_writes")
    event, buyer = world.write[0], json.loads(brief.read_text())["user_id"]
    token = tokens.access_token(buyer, fresh=True)
    with database.connected(environment["DATABASE_URL"]) as connection:
        ((ticket,),) = connection.run(_FREE, event=event)
    track = {
        "type": "track",
        "attributes": {"name": "Databases", "color": "#000000"},
        "relationships": {"event": {"data": {"type": "event", "id": str(event)}}},
    }
    order = {"tickets": [{"id": ticket, "quantity": 1}]}
    checkout = _event("/v1/orders/create-order", order, token, _JSON)
    with database.connected(environment["DATABASE_URL"]) as connection:
        buying = [sys.executable, "-c", _CHECKOUT, checkout]
        subprocess.run(buying, cwd=ROOT, env={**os.environ, **environment}, check=True, capture_output=True)
        connection.run(_COMPLETED)
        ((code,),) = connection.run(_CODE)
    scan = {"code": code, "nonce": NONCE}
    return {
        "a POST": _event("/v1/tracks", {"data": track}, token),
        "a checkout": checkout,
        "a check-in": _event(f"/v1/events/{event}/check-ins", scan, token, _JSON),
    }, environment


def _event(path: str, content: Any, token: str, media_type: str = _JSONAPI) -> str:
    import app  # the product, whose settings the world has set

    headers = [("Accept", "*/*"), ("Content-Type", media_type), ("Authorization", f"JWT {token}")]
    found = gateway.event_from_http(app.app.routes, "POST", path, headers, json.dumps(content).encode())
    if found is None:
        raise LookupError(f"app.py has no route for {path}")
    return json.dumps(found)
