"""`make weak-network`: what the organizer app downloads for an event of 2,000 attendees, and how long on 3G.

The requests are those of the app when it opens an event. Seconds are computed: a round trip and the bytes at
the rate of WebPageTest's profile "3G", one request after the other on one connection, and the time that the
answer takes here.
"""

import json
import sys
import time
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

import app
from benchmarks.cases import encoded
from benchmarks.crowd import asked_about_attendees
from benchmarks.world import made_world
from chalicelib.jsonapi.ground.profiles import WITHOUT_LINKS, content_type
from chalicelib.jsonapi.ground.request import MEDIA_TYPE
from devstack import gateway

ATTENDEES: Final = 2_000
_BYTES_PER_SECOND, _ROUND_TRIP = 1_600_000 / 8, 0.3
_ATTENDEES: Final = "include=order,ticket,event&fields[event]=id&fields[ticket]=id&page[size]=0"
_OF_EVENT: Final = "include=event&fields[event]=id&page[size]=0"
_READS: Final = (
    "/v1/events/{id}?include=tickets",
    "/v1/events/{id}/general-statistics",
    "/v1/events/{id}/order-statistics",
    f"/v1/events/{{id}}/attendees?{_ATTENDEES}",
    f"/v1/events/{{id}}/orders?{_OF_EVENT}",
    *(
        f"/v1/events/{{id}}/{name}?{_OF_EVENT}"
        for name in ("tickets", "tracks", "speakers", "sponsors", "faqs")
    ),
)
# What a client sends besides its token.
_WAYS: Final[Mapping[str, Mapping[str, str]]] = {
    "as it is": {"Accept": MEDIA_TYPE},
    "compressed": {"Accept": MEDIA_TYPE, "Accept-Encoding": "gzip"},
    "compressed, without links": {"Accept": content_type(WITHOUT_LINKS), "Accept-Encoding": "gzip"},
    "again, compressed, nothing changed": {
        "Accept": MEDIA_TYPE,
        "Accept-Encoding": "gzip",
        "If-None-Match": "",
    },
}


def main() -> int:
    """Measure and print."""
    print("PostgreSQL and rows ...", file=sys.stderr, flush=True)
    with made_world() as world:
        found = asked_about_attendees(world, ATTENDEES, "benchmarks.weak_network", "downloaded")
    print(f"{len(_READS)} requests of the organizer app, {ATTENDEES:,} attendees")
    before = found["as it is"]["bytes"]
    for way, figures in found.items():
        share = figures["bytes"] / before
        print(f"{way:36} {figures['bytes']:12,.0f} bytes {share:6.1%} {figures['seconds']:8.1f} s on 3G")
    return 0


def downloaded(contestant: Any, event: int) -> dict[str, dict[str, float]]:
    """Bytes and seconds of all requests, by way of asking. Runs in the worker."""
    found: dict[str, dict[str, float]] = {}
    for way, headers in _WAYS.items():
        total = {"bytes": 0.0, "seconds": 0.0}
        for path in _READS:
            target = path.format(id=event)
            sent = {**headers, "Authorization": f"JWT {contestant.token}"}
            if "If-None-Match" in headers:
                sent["If-None-Match"] = _asked(target, {**sent, "If-None-Match": '"none"'})[2]
            size, seconds, _ = _asked(target, sent)
            total["bytes"] += size
            total["seconds"] += _ROUND_TRIP + size / _BYTES_PER_SECOND + seconds
        found[way] = total
    return found


def _asked(path: str, headers: Mapping[str, str]) -> tuple[int, float, str]:
    """(bytes of headers and body, seconds, ETag) of an answer. Raises AssertionError for an error."""
    event = gateway.event_from_http(app.app.routes, "GET", encoded(path), headers.items())
    began = time.perf_counter()
    given = app.app(event, gateway.LambdaContext("api_handler"))
    seconds = time.perf_counter() - began
    if given["statusCode"] not in {200, 304}:
        raise AssertionError(f"{path}: {given['statusCode']} {given['body'][:500]}")
    body = b64decode(given["body"]) if given.get("isBase64Encoded") else given["body"].encode()
    head = json.dumps([given.get("headers"), given.get("multiValueHeaders")])
    sent = {
        **(given.get("headers") or {}),
        **{k: v[0] for k, v in (given.get("multiValueHeaders") or {}).items()},
    }
    return len(body) + len(head), seconds, sent["ETag"]


if __name__ == "__main__":
    sys.exit(main())
