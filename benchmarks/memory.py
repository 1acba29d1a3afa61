"""Memory of the process while it answers 10,000 requests of all kinds."""

import random
from typing import Any

import psutil

from chalicelib import outbox

_REQUESTS, _STEP = 10_000, 1_000


def measured(contestant: Any) -> list[float]:
    """Resident memory in MB at the start and after each thousand requests. Runs in the worker."""
    chance = random.Random(1)  # noqa: S311 - the same requests in each run
    process = psutil.Process()
    outbox.relay = contestant.relay  # with what the hand-over to the queue needs
    sizes = [process.memory_info().rss / 1e6]
    for number in range(_REQUESTS):
        key, id = _request(contestant.brief, chance)
        contestant.ready(key, id)()
        if (number + 1) % _STEP == 0:
            sizes.append(process.memory_info().rss / 1e6)
    return [round(size, 1) for size in sizes]


def _request(brief: dict[str, Any], chance: random.Random) -> tuple[str, int]:
    id = chance.choice(brief["read"])
    dice = chance.random()
    if dice < 0.01:
        return "4", chance.choice(brief["write"])
    for share, key in ((0.30, "1"), (0.45, "1+"), (0.60, "2"), (0.65, "2+"), (0.73, "3"), (0.76, "5")):
        if dice < share:
            return key, id
    return chance.choice(_OTHERS).format(id=id, n=chance.randrange(10**6)), id


# Questions of many shapes, and mistakes: paths that the API has to think about.
_OTHERS = [
    "/v1/events/{n}",
    "/v1/nothing/{n}",
    "/v1/events?sort=name&page[number]={n}",
    "/v1/events?filter[name]=Compiler Days {n}",
    '/v1/events?filter=[{{"name":"name","op":"ilike","val":"%25{n}%25"}}]',
    "/v1/events?include=unknown-{n}",
    "/v1/events/{id}?fields[event]=name,starts-at",
    "/v1/events/{id}/tracks+",
    "/v1/events/{id}/relationships/sessions",
    "/v1/events/{id}/sessions?sort=-starts-at,title&page[size]=5",
]
