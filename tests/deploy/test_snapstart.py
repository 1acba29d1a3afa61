"""SnapStart: copies of one initialised process share nothing that only one may have, and know nothing stale."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib import aws, rehearsal
from chalicelib.resources import REGISTRY
from devstack.aws_stand_in import Resources
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.user import PASSWORD, make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document

ROOT = Path(__file__).resolve().parent.parent.parent
COPIES = 6


def restored(hooks: str, errand: dict[str, Any], between: Any = None) -> list[dict[str, Any]]:
    """What two runs before the snapshot and each copy have seen. `between` is called in between."""
    command = [sys.executable, "-m", "tests.deploy.restored", str(COPIES), hooks]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=dict(os.environ), text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(errand) + "\n")
        process.stdin.flush()
        before = [process.stdout.readline() for _ in range(2)]
        if between is not None:
            between()
        process.stdin.write("go on\n")
        process.stdin.close()
        after = process.stdout.readlines()
    assert process.returncode == 0
    return [json.loads(line) for line in (*before, *after)]


@pytest.fixture
def errand(database: TestDatabase, stand_in: Resources) -> dict[str, Any]:
    """An account signs up, signs in, makes an event and a session, orders tickets and asks for an upload."""
    owner = stored(make_user)
    event = stored(make_event, owner=owner, state="published")
    ticket = stored(make_ticket, event=event, quantity=100)
    account = {"email": "{who}@example.org", "password": PASSWORD}
    known = {"email": owner.email, "password": PASSWORD}
    new = {
        "name": "Copies",
        "timezone": "UTC",
        "starts-at": "2099-05-01T09:00:00Z",
        "ends-at": "2099-05-02T09:00:00Z",
    }
    wanted = {"tickets": [{"id": ticket.id, "quantity": 1}]}
    image = {"slot": "event.logo-url", "owner-id": "{event}", "file-name": "a.png"}
    return {
        "requests": [
            ("account", "POST", "/v1/users", document("user", account), 201),
            ("token", "POST", "/v1/auth/login", known, 200),
            ("event", "POST", "/v1/events", document("event", new), 201),
            ("order", "POST", "/v1/orders/create-order", wanted, 200),
            ("upload", "POST", "/v1/uploads", document("upload", image), 201),
            ("list", "GET", "/v1/events", None, 200),
            ("error", "GET", "/v1/events/0", None, 404),
        ]
    }


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each value in a document, with its path."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}/{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, f"{path}/{number}")
    else:
        yield path, value


def differing(runs: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """The values of the copies at each place where two runs of one process differ, too."""
    first, second, *copies = (dict(leaves({"answers": run["answers"], "made": run["made"]})) for run in runs)
    places = {place for place in first if first[place] != second.get(place)} | {"/made/backend"}
    return {place: [copy.get(place) for copy in copies] for place in sorted(places)}


def is_shared(values: list[Any]) -> bool:
    """Whether two copies have the same, where one process never has it twice."""
    return len({json.dumps(value) for value in values}) < len(values)


# The second that it is may be the same.
MOMENTS = ("-at", "trial", "x-amz-date")


def test_what_differs_in_one_process_differs_between_its_copies(errand: dict[str, Any]) -> None:
    runs = restored("with-hooks", errand)
    assert len(runs) == 2 + COPIES
    found = differing(runs)
    told = " ".join(found)
    for place in (
        "identifier",
        "access_token",
        "/made/random",
        "/made/boundary",
        "/answers/upload",
        "/order/body",
    ):
        assert place in told, f"{place} should differ in one process already"
    shared = {place for place, values in found.items() if is_shared(values) and not place.endswith(MOMENTS)}
    assert shared == set()
    backends = {run["made"]["backend"] for run in runs}
    assert len(backends) == 1 + COPIES, "no copy has the connection of another"
    print(
        "the first seven answers of a copy took, in ms:", [round(run["seconds"] * 1000) for run in runs[2:]]
    )


def test_without_the_hooks_it_would_be_seen(errand: dict[str, Any]) -> None:
    found = differing(restored("without-hooks", errand))
    assert {place for place in found if is_shared(found[place])} >= {"/made/random", "/made/boundary"}


def test_secrets_are_fetched_anew(
    errand: dict[str, Any], environment: pytest.MonkeyPatch, stand_in: Resources
) -> None:
    def write(keys: str) -> None:
        aws.ssm().put_parameter(Name="/test/keys", Value=keys, Type="SecureString", Overwrite=True)

    old, new = (f"{kid}:a-secret-of-thirty-two-bytes-or-more-{kid}" for kid in ("old", "new"))
    write(old)
    environment.delenv("JWT_KEYS")
    environment.setenv("JWT_KEYS_PARAMETER", "/test/keys")
    runs = restored("with-hooks", errand, between=lambda: write(new))
    keys = [_kid(run["answers"]["token"]["body"]["access_token"]) for run in runs]
    assert keys == ["old", "old", *["new"] * COPIES]


def _kid(token: str) -> str:
    import jwt

    return str(jwt.get_unverified_header(token)["kid"])


def test_each_type_is_rehearsed_without_a_database() -> None:
    rehearsal.rehearse(REGISTRY)
