"""Programs whose first request is a write: a plain POST, and the worst day's: a checkout and a check-in."""

import json
import os
import subprocess
import sys
from typing import Any, Final

from benchmarks.contestants import ROOT
from benchmarks.world import World
from chalicelib.auth import tokens
from devstack import database

_PROGRAM: Final = """
import json, uuid
import app
from devstack import gateway
headers = [("Accept", "*/*"), ("Content-Type", {media_type!r}), ("Authorization", "JWT {token}")]
content = {{**json.loads({content!r}), **({{"nonce": uuid.uuid4().hex}} if {scans} else {{}})}}
event = gateway.event_from_http(app.app.routes, "POST", {path!r}, headers, json.dumps(content).encode())
print(app.app(event, gateway.LambdaContext())["statusCode"], flush=True)
"""
_FREE: Final = "SELECT min(id) FROM tickets WHERE event_id = :event"
_COMPLETED: Final = "UPDATE orders SET status = 'completed', completed_at = now()"
_CODE: Final = """
SELECT bought.identifier || '-' || admitted.id
FROM attendees admitted JOIN orders bought ON bought.id = admitted.order_id LIMIT 1
"""
_JSONAPI: Final = "application/vnd.api+json"
_JSON: Final = "application/json"


def programs(world: World) -> tuple[dict[str, str], dict[str, str]]:
    """The programs by what they do, and the environment that leads to a database that they may change."""
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
    checkout = _program("/v1/orders/create-order", order, token, _JSON)
    with database.connected(environment["DATABASE_URL"]) as connection:
        buying = [sys.executable, "-c", checkout]
        subprocess.run(buying, cwd=ROOT, env={**os.environ, **environment}, check=True, capture_output=True)
        connection.run(_COMPLETED)
        ((code,),) = connection.run(_CODE)
    return {
        "a POST": _program("/v1/tracks", {"data": track}, token),
        "a checkout": checkout,
        "a check-in": _program(f"/v1/events/{event}/check-ins", {"code": code}, token, _JSON, scans=True),
    }, environment


def _program(path: str, content: Any, token: str, media_type: str = _JSONAPI, *, scans: bool = False) -> str:
    values = {"path": path, "content": json.dumps(content), "token": token, "media_type": media_type}
    return _PROGRAM.format(**values, scans=scans)
