"""Cold reads of every noun, from a package: the same answers as without a manifest, and neither SQLAlchemy
nor marshmallow imported for them.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from chalicelib.jsonapi.http import action
from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.query.cursor import encode
from chalicelib.resources import REGISTRY
from tests.factories import maker, stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.packages import ROOT, packaged

# Kinds of fields whose values in filters only the field itself can read: a filter by one imports the noun.
BY_FIELD: Final = {"Decimal", "Key", "Money", "Name"}
_VALUES: Final[dict[str, list[Any]]] = {
    "plain": ["a%", "<b>a</b>"],
    "text": ["a%", "<b onclick=a>a</b> &"],
    "boolean": [True, "no", "perhaps"],
    "whole": ["10", 3.0, True, "x"],
    "number": ["1.5", 2, "inf"],
    "moment": ["2026-01-01T00:00:00+02:00", "%2026-01-01%", "Today%", "never"],
}
_OF_SQL_TYPES: Final[dict[str, list[Any]]] = {
    "boolean": ["true"],
    "integer": [1],
    "bigint": [1],
    "numeric": ["1.5"],
    "text": ["a"],
}
_ASKING = """
import base64, json, sys
import app
from devstack import gateway

asking = json.loads(sys.stdin.read())
headers = [("Accept", "*/*"), *([("Authorization", "JWT " + asking["token"])] if asking["token"] else [])]

def answer(path):
    event = gateway.event_from_http(app.app.routes, "GET", path, headers, b"")
    answered = app.app(event, gateway.LambdaContext())
    body = answered["body"]
    return [answered["statusCode"], base64.b64decode(body).decode() if answered.get("isBase64Encoded") else body]

answers, imported = [], {}
for path in asking["paths"]:
    if path == "the connection is lost":
        from chalicelib import db_connection
        db_connection.held().driver_connection._usock.shutdown(2)
        continue
    answers.append(answer(path))
    for name in ("sqlalchemy", "marshmallow"):
        if name in sys.modules:
            imported.setdefault(name, path)
print(json.dumps({"answers": answers, "imported": imported}))
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the product with its manifest."""
    return packaged(tmp_path_factory.mktemp("package"))


def asked(folder: Path, paths: list[str], token: str | None = None) -> dict[str, Any]:
    """What a new process answers: (status, body) of each, and which path had a heavy module imported first."""
    done = subprocess.run(
        [sys.executable, "-c", _ASKING], input=json.dumps({"paths": paths, "token": token}),
        cwd=folder, env={**os.environ}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def is_generic(path: str) -> bool:
    """Whether no action answers at this address: those import whatever there is."""
    return action.find("GET", tuple(path.partition("?")[0].strip("/").split("/"))) is None


def rows(owner: Any) -> dict[str, str]:
    """The id of a row of each type, at a published event of the owner where that has rows."""
    event = stored(make_event, owner=owner)
    ids = {"event": str(event.id)}
    for noun in REGISTRY:
        if noun.model is not None and noun.type != "event":
            relation = REGISTRY.relations[noun.type].get("event")
            values = {"event": event} if relation is not None and relation.column is not None else {}
            ids[noun.type] = str(stored(maker(noun.type), **values).id)
    return ids


def conditions(noun: Resource) -> Iterator[dict[str, Any]]:
    """Conditions that clients could send, each by itself a valid or an invalid one."""
    yield {"name": "id", "op": "in_", "val": [1, "2"]}
    for attribute in noun.readable.values():
        name = attribute.wire
        yield {"name": name, "op": "ne", "val": None}
        yield {"name": name, "op": "ilike", "val": "%a%"}
        for value in values(attribute):
            yield {"name": name, "op": "eq", "val": value}
            yield {"name": name, "op": "in_", "val": [value]}


def values(attribute: Attribute) -> list[Any]:
    if attribute.computed is not None:
        return _OF_SQL_TYPES.get(attribute.sql_type.lower(), [])
    return _VALUES.get(attribute.compared_as, [" Ab"] if attribute.compared_as else [])


def questions(noun: Resource, id: str) -> Iterator[str]:
    """Addresses of the noun as clients ask for them, with mistakes among them."""
    relations = REGISTRY.relations[noun.type]
    listed, detail = f"/v1/{noun.path}", f"/v1/{noun.path}/{id}"
    include = ",".join(relation.wire for relation in relations.values())
    sort = [a.wire for a in noun.readable.values() if a.sql_type != "JSONB"]
    fields = ",".join([*list(noun.wire_names)[:3], *list(relations)[:2]])
    several = list(conditions(noun))
    whole = [{"or": [], "and": several[start : start + 40]} for start in range(0, len(several), 40)]
    asking: list[dict[str, str]] = [
        {},
        {"include": include, "page[size]": "2"},
        {"sort": ",".join(f"-{name}" for name in sort[:4]), f"fields[{noun.type}]": fields},
        {"sort": ",".join(sort[4:8]), "page[number]": "2", "page[size]": "1"},
        {"page[after]": encode(["1"] * (len(noun.order) + 1))},
        {"page[limit]": "1", "page[offset]": "1"},
        *({"filter": json.dumps([{"or": condition["and"]}])} for condition in whole),
        *({"filter": json.dumps([condition])} for condition in several[:: max(1, len(several) // 6)]),
        *({"include": wrong} for wrong in ("nothing", f"{include}.nothing")),
        *({"sort": "nothing"}, {f"fields[{noun.type}]": "nothing"}, {"filter[nothing]": "1"}),
        {"get_trashed": "true"},
    ]
    for query in asking:
        yield f"{listed}?{urlencode(query)}"
    yield f"{detail}?{urlencode({'include': include})}"
    yield f"{detail}?{urlencode({f'fields[{noun.type}]': fields})}"
    yield f"/v1/{noun.path}/999999999"
    yield f"/v1/{noun.path}/no-such-{noun.type}"
    for relation in relations.values():
        target = REGISTRY[relation.target]
        some = {"page[size]": "1", f"fields[{target.type}]": ",".join(list(target.wire_names)[:2])}
        yield f"{detail}/{relation.wire}?{urlencode(some)}"
        yield f"{detail}/relationships/{relation.wire}"


def test_every_cold_read_answers_as_the_declarations_do_and_imports_nothing_heavy(
    package: Path, database: TestDatabase
) -> None:
    ids = rows(stored(make_user))
    paths = [
        path for noun in REGISTRY for path in questions(noun, ids.get(noun.type, "1")) if is_generic(path)
    ]
    told, expected = asked(package, paths), asked(ROOT, paths)
    assert told["imported"] == {}
    compared = zip(paths, told["answers"], expected["answers"], strict=True)
    differing = [(path, lazily, at_once) for path, lazily, at_once in compared if lazily != at_once]
    assert differing == []
    statuses = {status for status, _ in told["answers"]}
    assert {200, 400, 401, 404} <= statuses
    assert not [path for path, (status, _) in zip(paths, told["answers"], strict=True) if status >= 500]


def test_a_cold_read_with_a_token_needs_nothing_heavy_either(
    package: Path, database: TestDatabase, client: Client
) -> None:
    owner = stored(make_user)
    ids = rows(owner)
    paths = [
        f"{path}?{urlencode({'include': ','.join(relations)})}"
        for noun in REGISTRY
        for path in (f"/v1/{noun.path}", f"/v1/{noun.path}/{ids.get(noun.type, '1')}")
        if is_generic(path)
        for relations in [[relation.wire for relation in REGISTRY.relations[noun.type].values()]]
    ]
    for account in (owner, stored(make_user, is_admin=True)):
        token = client.signed_in_as(account).token
        told, expected = asked(package, paths, token), asked(ROOT, paths, token)
        assert told["imported"] == {}
        assert told["answers"] == expected["answers"]
        assert {200, 404} <= {status for status, _ in told["answers"]}


def test_a_cold_read_survives_a_lost_connection(package: Path, database: TestDatabase) -> None:
    event = stored(make_event)
    path = f"/v1/events/{event.id}"
    told = asked(package, [path, "the connection is lost", path, path])
    assert [status for status, _ in told["answers"]] == [200, 200, 200]
    assert len({body for _, body in told["answers"]}) == 1
    # The error of the lost one is SQLAlchemy's.
    assert "sqlalchemy" in told["imported"]


def test_what_only_a_field_can_read_imports_the_noun_and_is_answered_the_same(
    package: Path, database: TestDatabase
) -> None:
    left = [
        (noun, attribute)
        for noun in REGISTRY
        for attribute in noun.readable.values()
        if attribute.computed is None and not attribute.compared_as and attribute.sql_type != "JSONB"
    ]
    # The list may only shrink.
    assert {type(attribute.field).__name__ for _, attribute in left} == BY_FIELD
    paths = [
        f"/v1/{noun.path}?{urlencode({'filter': json.dumps([{'name': attribute.wire, 'op': op, 'val': val}])})}"
        for noun, attribute in left
        for op, val in (("eq", " Ab "), ("in_", ["1.50", "x"]), ("ge", 2), ("eq", {}))
    ]
    told, expected = asked(package, paths), asked(ROOT, paths)
    assert told["answers"] == expected["answers"]
    assert told["imported"].keys() == {"sqlalchemy", "marshmallow"}
