"""Compares what our API answers with what the former server answered, attribute by attribute."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from tests.moving_in import former
from tests.support.http_client import Client, Reply

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
ACTORS: Final = ("admin", "organiser", "anonymous")


@dataclass(frozen=True, slots=True)
class Difference:
    """One attribute (or "status") of one row, for one actor: what it was there, and what it is here."""

    type: str
    id: str
    actor: str
    name: str
    there: Any
    here: Any


def client_of(client: Client, actor: str) -> Client:
    """The client that asks as this actor did."""
    who = former.answers()["actors"][actor]
    return client if who is None else client.signed_in_as(who["user_id"])


def asked(client: Client) -> Iterator[tuple[dict[str, Any], str, dict[str, Any], Reply]]:
    """(row, actor, answer of the former server, ours) for every row and actor of the expectations."""
    for actor in ACTORS:
        asking = client_of(client, actor)
        for row in former.answers()["rows"]:
            yield row, actor, row["answers"][actor], asking.get(row["path"])


def differences(client: Client) -> Iterator[Difference]:
    """All differences. Times are compared as moments."""
    for row, actor, there, reply in asked(client):
        key = (row["type"], row["id"], actor)
        if there["status"] != reply.status:
            yield Difference(*key, "status", there["status"], reply.status)
            continue
        if reply.status != 200:
            continue
        expected = there.get("attributes") or there.get("body", {})
        if expected == "same as admin":
            admin = row["answers"]["admin"]
            expected = admin.get("attributes") or admin.get("body", {})
        data = reply.json.get("data")
        here = (data or {}).get("attributes", {}) if data is not None else reply.json
        if not isinstance(expected, dict):
            continue
        for name, value in expected.items():
            if name not in here:
                yield Difference(*key, name, value, "(not there)")
            elif _plain(value) != _plain(here[name]):
                yield Difference(*key, name, value, here[name])


def _plain(value: Any) -> Any:
    if isinstance(value, str) and _MOMENT.match(value):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return value
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return value
