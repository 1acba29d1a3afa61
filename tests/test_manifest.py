"""The table of contents that a package has: the same answers as without it, and far less imported."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chalicelib import entrypoints
from chalicelib.auth.viewer import Kind
from chalicelib.docs import prerendered
from chalicelib.jsonapi.ground.sql import Row, render
from chalicelib.jsonapi.http.action import ACTIONS
from chalicelib.jsonapi.http.manifest import LazyRegistry
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.jsonapi.rights.compiler import Compiler
from chalicelib.resources import REGISTRY
from deploy import manifest
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import make_session
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

ROOT = Path(__file__).resolve().parent.parent
# What takes long to import and only few requests need.
HEAVY = ["boto3", "botocore", "aws_xray_sdk", "PIL", "magic", "argon2", "jwt", "alembic", "nh3", "idna"]
_ASKING = """
import gc, json, sys
import app
from devstack import gateway

def loaded():
    return sorted(sys.modules)

told = {"import": loaded(), "answers": [], "collects": [gc.isenabled()]}
for method, path, token, *document in json.loads(sys.argv[1]):
    headers = [("Accept", "*/*"), ("Content-Type", "application/vnd.api+json")]
    headers += [("Authorization", "JWT " + token)] if token else []
    body = json.dumps(document[0]).encode() if document else b""
    event = gateway.event_from_http(app.app.routes, method, path, headers, body)
    told["answers"].append(app.app(event, gateway.LambdaContext())["body"])
    told["collects"].append(gc.isenabled())
    told[path] = loaded()
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the product with its table of contents."""
    folder = tmp_path_factory.mktemp("package")
    shutil.copy(ROOT / "app.py", folder)
    for part in ("chalicelib", "devstack"):
        shutil.copytree(ROOT / part, folder / part)  # with what is compiled, which takes longer than the rest
    manifest.write(folder)
    return folder


def asked(
    folder: Path, *questions: tuple[str, str, str | None] | tuple[str, str, str | None, Any]
) -> dict[str, Any]:
    """What a new process answers, and which modules it has loaded after each question."""
    done = subprocess.run(
        [sys.executable, "-c", _ASKING, json.dumps(questions)],
        cwd=folder, env={**os.environ}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def heavy(modules: list[str]) -> list[str]:
    return [item for item in HEAVY if item in modules]


def ours(modules: list[str]) -> set[str]:
    return {module for module in modules if module.startswith("chalicelib.")}


def written(relation: Relation, registry: Registry) -> tuple[object, ...]:
    owner = registry[relation.owner]
    scope = relation.scope
    conditions = (
        [Compiler(registry, kind).condition(scope, owner, Row("t")) for kind in Kind] if scope else []
    )
    sql = [render(condition) for condition in conditions]
    where = tuple(relation.where.parts()) if relation.where is not None else None
    names = [name for name in Relation.__slots__ if name not in {"scope", "where"}]
    return (*(getattr(relation, name) for name in names), where, sql)


def test_every_noun_relationship_and_action_is_in_the_table() -> None:
    table = json.loads(json.dumps(manifest.table()))
    listed = LazyRegistry(table)
    assert [item.type for item in listed] == [resource.type for resource in REGISTRY]
    for resource in REGISTRY:
        assert listed[resource.type] is resource
        assert listed.at(tuple(resource.path.split("/"))) == (resource, ())
        found, expected = listed.relations[resource.type], REGISTRY.relations[resource.type]
        assert list(found) == list(expected)
        for name, relation in expected.items():
            assert written(found[name], listed) == written(relation, REGISTRY)
    known = {(item.method, item.pattern) for some in ACTIONS.values() for item in some}
    assert {(method, tuple(pattern)) for method, pattern, *_ in table["actions"]} == known


def test_a_reader_imports_what_the_question_is_about(package: Path, database: TestDatabase) -> None:
    event = stored(make_event, state="published")
    stored(make_session, event=event, state="accepted")
    path = f"/v1/events/{event.id}"
    told = asked(package, ("GET", path, None), ("GET", f"{path}?include=sessions", None))
    # What a rule's arguments are is imported before any noun: naming these types costs a noun nothing.
    assert {"chalicelib.jsonapi.model.change", "chalicelib.jsonapi.model.context"} <= set(told["import"])
    assert "chalicelib.resources.events.event.event" not in told["import"]
    assert "chalicelib.resources.events.event.event" in told[path]
    assert "chalicelib.resources.programme.session.session" not in told[path]
    assert "chalicelib.resources.programme.session.session" in told[f"{path}?include=sessions"]
    assert not [
        our for our in ours(told[path]) if our.startswith(("chalicelib.tasks", "chalicelib.actions."))
    ]
    assert len(ours(told[path])) < len(ours(list(sys.modules))) / 2
    assert heavy(told[path]) == []
    # Not during a cold start, of which nothing is garbage.
    assert told["collects"] == [False, True, True]


def test_the_same_is_answered_with_and_without_it(
    package: Path, database: TestDatabase, client: Client
) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    token = client.signed_in_as(owner).token
    questions = [
        ("GET", path, who)
        for path in (
            f"/v1/events/{event.id}?include=tracks,owner,roles",
            f"/v1/events/{event.id}/sessions",
            f"/v1/events/{event.id}/relationships/attendees",
            f"/v1/users/{owner.id}",
            "/v1/nothing/1",
            "/v1/events/upcoming",
        )
        for who in (None, token)
    ] + [("DELETE", f"/v1/events/{event.id}/copy", token), ("POST", "/v1/tracks", token)]
    told = asked(package, *questions)
    assert told["answers"] == asked(ROOT, *questions)["answers"]


def test_the_description_is_read_where_it_was_packaged(
    package: Path, database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "package"
    shutil.copytree(package, folder)
    writing = {**os.environ, "API_PREFIX": prerendered.PREFIX}
    subprocess.run([sys.executable, "-m", "deploy.prerender", str(folder)], cwd=ROOT, env=writing, check=True)
    pages = ("/", "/docs", "/docs/data.json", "/docs/openapi.json", "/docs/nouns/event.json")
    paths = (*pages, "/docs/topics/log-in.json", "/docs/nouns/nothing.json", "/info", "/docs/api.apib")
    questions = [("GET", path, None) for path in paths]
    monkeypatch.setenv("API_PREFIX", "/api")
    told = asked(folder, *questions)
    assert told["answers"] == asked(ROOT, *questions)["answers"]
    assert "chalicelib.resources.events.event.event" not in told["/info"]
    # Links that begin with a host are not those that were written.
    monkeypatch.setenv("API_PREFIX", "https://example.org/api")
    (generated,) = asked(folder, questions[3])["answers"]
    assert json.loads(generated)["servers"] == [{"url": "https://example.org/api"}]


def test_whoever_writes_is_heard_by_every_receiver(
    package: Path, database: TestDatabase, client: Client
) -> None:
    token = client.signed_in_as(stored(make_user)).token
    told = asked(package, ("DELETE", "/v1/tracks/1", token))
    assert ours(told["/v1/tracks/1"]) >= {our for our in ours(list(sys.modules)) if ".tasks." in our}


@pytest.mark.parametrize("at", ["with the table", "without it"])
def test_a_process_may_begin_with_a_write(
    package: Path, database: TestDatabase, client: Client, at: str
) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    document = {
        "data": {
            "type": "track",
            "attributes": {"name": "Databases", "color": "#000000"},
            "relationships": {"event": {"data": {"type": "event", "id": str(event.id)}}},
        }
    }
    folder = package if at == "with the table" else ROOT
    told = asked(folder, ("POST", "/v1/tracks", client.signed_in_as(owner).token, document))
    shown = json.loads(told["answers"][0])["data"]["attributes"]
    assert (shown["name"], shown["font-color"]) == ("Databases", "#FFFFFF")


def test_nothing_heavy_is_imported_before_it_is_needed(database: TestDatabase) -> None:
    event = stored(make_event, state="published")
    told = asked(ROOT, ("GET", f"/v1/events/{event.id}?include=sessions", None), ("GET", "/v1/events", None))
    assert heavy(told["import"]) == []
    assert heavy(told["/v1/events"]) == []
    assert told["collects"] == [True, True, True]
    assert entrypoints.import_all.cache_info().currsize == 1
