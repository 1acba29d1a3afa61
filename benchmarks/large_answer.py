"""All of an event's 20,000 attendees in one answer, without pagination: time, memory and bytes."""

import gzip
import json
import resource
import time
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import app
from benchmarks.cases import encoded
from benchmarks.crowd import asked_about_attendees
from benchmarks.world import World
from chalicelib.jsonapi.ground.request import MEDIA_TYPE
from devstack import gateway

ATTENDEES = 20_000
# A letter beyond the first 65,536 makes a text in Python's memory four times as large.
_NAMES = "UPDATE attendees SET firstname = firstname || chr(129418) WHERE event_id = :event"


def measured(world: World, say: Callable[[str], None]) -> dict[str, float]:
    """Seconds, MB of memory at the most, and bytes as Lambda counts them."""
    say(f"adding {ATTENDEES:,} attendees of one event")
    found: dict[str, float] = asked_about_attendees(
        world, ATTENDEES, "benchmarks.large_answer", "answered", _NAMES
    )
    return found


def answered(contestant: Any, event: int) -> dict[str, float]:
    """Ask for all of them, twice. Runs in the worker."""
    path = encoded(f"/v1/events/{event}/attendees?page[size]=0")
    headers = {
        "Accept": MEDIA_TYPE,
        "Accept-Encoding": "gzip",
        "Authorization": f"JWT {contestant.token}",
    }
    seconds, given = 0.0, {}
    for _ in range(2):
        asked = gateway.event_from_http(app.app.routes, "GET", path, headers.items())
        began = time.perf_counter()
        given = app.app(asked, gateway.LambdaContext("api_handler"))
        seconds = max(seconds, time.perf_counter() - began)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    if given["statusCode"] != 200:
        raise AssertionError(given["body"][:500])
    whole = gzip.decompress(b64decode(given["body"]))
    rows = len(json.loads(whole)["data"])
    if rows != ATTENDEES:
        raise AssertionError(f"{rows} attendees came, not {ATTENDEES}")
    return {
        "seconds": round(seconds, 2),
        "MB of memory": round(most, 1),
        "bytes to Lambda": len(json.dumps(given)),
        "bytes before": len(whole),
    }
