"""Events whose request is a write: a plain POST, and the worst day's: a checkout and a check-in."""

import json
import os
import subprocess
import sys
from typing import Final

from benchmarks.cold_function import PROGRAM, event
from benchmarks.contestants import ROOT
from benchmarks.world import World
from chalicelib.auth import tokens
from devstack import database

NONCE: Final = "nonce-of-this-turn"  # to be replaced in each turn
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
    fair, buyer = world.write[0], json.loads(brief.read_text())["user_id"]
    token = tokens.access_token(buyer, fresh=True)
    with database.connected(environment["DATABASE_URL"]) as connection:
        ((ticket,),) = connection.run(_FREE, event=fair)
    track = {
        "type": "track",
        "attributes": {"name": "Databases", "color": "#000000"},
        "relationships": {"event": {"data": {"type": "event", "id": str(fair)}}},
    }
    order = {"tickets": [{"id": ticket, "quantity": 1}]}
    checkout = event("POST", "/v1/orders/create-order", order, _JSON, token)
    with database.connected(environment["DATABASE_URL"]) as connection:
        buying = [sys.executable, "-c", PROGRAM, str(ROOT), checkout]
        subprocess.run(buying, cwd=ROOT, env={**os.environ, **environment}, check=True, capture_output=True)
        connection.run(_COMPLETED)
        ((code,),) = connection.run(_CODE)
    scan = {"code": code, "nonce": NONCE}
    return {
        "a POST": event("POST", "/v1/tracks", {"data": track}, _JSONAPI, token),
        "a checkout": checkout,
        "a check-in": event("POST", f"/v1/events/{fair}/check-ins", scan, _JSON, token),
    }, environment
