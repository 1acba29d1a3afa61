"""The table of contents that a package has: the same answers as without it, and far less imported."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib import clock, db, entrypoints, signals
from chalicelib.docs import prerendered
from chalicelib.jsonapi.ground.sql import Row, Sql
from chalicelib.jsonapi.http.action import ACTIONS
from chalicelib.jsonapi.http.manifest import LazyRegistry
from chalicelib.jsonapi.model.attribute import Selected
from chalicelib.jsonapi.model.compiled import CompiledResource, decoded
from chalicelib.jsonapi.model.policy import Policy
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.resources import REGISTRY
from deploy.compiled import encoded
from devstack.aws_stand_in import Resources
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import make_session
from tests.factories.ticket_transfer import make_ticket_transfer
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.packages import packaged

ROOT = Path(__file__).resolve().parent.parent
# What takes long to import and only few requests need.
HEAVY = ["boto3", "botocore", "aws_xray_sdk", "PIL", "magic", "argon2", "jwt", "alembic", "nh3", "idna"]
# What only declarations, writes and errors of the database need.
DECLARING = ["sqlalchemy", "marshmallow"]
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
    """A copy of the product with its manifest."""
    return packaged(tmp_path_factory.mktemp("package"))


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


def plain(value: Any) -> Any:
    """Rules and SQL as data: rows of subselects in them are told apart by their aliases alone."""
    if isinstance(value, Policy | Relation):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return encoded(value) if isinstance(value, Rule | Sql) else value


def read_of(noun: Resource | CompiledResource) -> dict[str, Any]:
    """What a read needs of a resource type."""
    names = (
        *("type", "path", "from_sql", "singleton", "identifier", "soft_delete", "is_report", "methods"),
        *("policy", "unlisted", "columns", "singular", "wire_names", "shared"),
    )
    of_attributes = (
        *Selected.__annotations__,
        "name",
        "wire",
        "sql_type",
        "scope",
        "compared_as",
        "is_hidden",
    )
    return {
        **{name: plain(getattr(noun, name)) for name in names},
        **{name: tuple(getattr(noun, name)) for name in ("aliases", "order", "readable")},
        "types": {column: noun.column_type(column) for column in noun.columns},
        "attributes": {
            name: [plain(getattr(attribute, option)) for option in of_attributes]
            for name, attribute in noun.attributes.items()
        },
    }


def test_every_noun_relationship_and_action_is_in_the_table(package: Path) -> None:
    table = json.loads((package / "chalicelib" / "manifest.json").read_text())
    listed = LazyRegistry(table, nouns=package / "chalicelib" / "manifest")
    assert [item.type for item in listed] == [resource.type for resource in REGISTRY]
    for resource in REGISTRY:
        compiled: Any = listed.compiled(resource.type)
        assert listed[resource.type] is compiled
        assert listed.at(tuple(resource.path.split("/"))) == (compiled, ())
        assert read_of(compiled) == read_of(resource)
        found, expected = listed.relations[resource.type], REGISTRY.relations[resource.type]
        assert [(name, plain(relation)) for name, relation in found.items()] == [
            (name, plain(relation)) for name, relation in expected.items()
        ]
    known = {(item.method, item.pattern) for some in ACTIONS.values() for item in some}
    assert {(method, tuple(pattern)) for method, pattern, *_ in table["actions"]} == known
    listed.import_all()
    assert all(listed[resource.type] is resource for resource in REGISTRY)


def test_whatever_is_not_compiled_is_the_declared_one(package: Path) -> None:
    table = json.loads((package / "chalicelib" / "manifest.json").read_text())
    listed = LazyRegistry(table, nouns=package / "chalicelib" / "manifest")
    compiled: Any = listed.compiled("session")
    assert compiled.model is REGISTRY["session"].model
    assert compiled.attributes["title"].field is REGISTRY["session"].attributes["title"].field
    with pytest.raises(AttributeError):
        _ = compiled.nothing
    with pytest.raises(KeyError):
        listed["nothing"]


def test_only_data_is_compiled() -> None:
    for value in (print, Row("t", visible=frozenset({"event"}))["id"], [1], OtherRule()):
        with pytest.raises(TypeError, match=r"no data|one statement"):
            encoded(value)
    with pytest.raises(KeyError):
        decoded(["OtherRule"])


class OtherRule(Rule):
    """A rule that the engine does not know."""


@pytest.mark.parametrize(
    ("file", "when"),
    [
        ("resources/events/faq.py", "at the start"),
        ("tasks/print_tickets.py", "at the first write"),
        ("actions/copy_event.py", "with the rest"),
    ],
)
def test_a_manifest_that_is_older_than_the_code_is_refused(
    package: Path, tmp_path: Path, database: TestDatabase, file: str, when: str
) -> None:
    folder = tmp_path / "package"
    shutil.copytree(package, folder)
    source = folder / "chalicelib" / file
    text = source.read_text()
    changed = text.replace("event", "evens", 1) if when == "with the rest" else f"{text}\n# more\n"
    source.write_text(changed)
    program = (
        "import app; from chalicelib import entrypoints, gateway_event\nprint('started')\n"
        "event = {'requestContext': {'httpMethod': 'POST', 'resourcePath': '/v1/tracks'}}\n"
        "entrypoints.import_written(gateway_event.request_of(event))\nprint('imported')\n"
        "entrypoints.import_all()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder, env={**os.environ}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "manifest.json is older than the code" in done.stderr
    after = {"at the start": "", "at the first write": "started\n", "with the rest": "started\nimported\n"}
    assert done.stdout == after[when]


def test_a_reader_imports_what_the_question_is_about(package: Path, database: TestDatabase) -> None:
    event = stored(make_event, state="published")
    stored(make_session, event=event, state="accepted")
    path = f"/v1/events/{event.id}"
    told = asked(package, ("GET", path, None), ("GET", f"{path}?include=sessions", None))
    # What a rule's arguments are is imported before any noun: naming these types costs a noun nothing.
    assert {"chalicelib.jsonapi.model.change", "chalicelib.jsonapi.model.context"} <= set(told["import"])
    assert "chalicelib.resources.events.event.event" not in told[f"{path}?include=sessions"]
    assert not [
        our for our in ours(told[path]) if our.startswith(("chalicelib.tasks", "chalicelib.actions."))
    ]
    assert len(ours(told[path])) < len(ours(list(sys.modules))) / 5
    assert [item for item in (*HEAVY, *DECLARING) if item in told[f"{path}?include=sessions"]] == []
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


def test_whoever_writes_is_heard_by_those_who_receive_it(
    package: Path, database: TestDatabase, client: Client
) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    token = client.signed_in_as(owner).token
    path = f"/v1/events/{event.id}"
    told = asked(package, ("DELETE", "/v1/tracks/1", token), ("DELETE", path, token))
    receivers = signals.modules_by_signal()["event.deleted"]
    assert receivers
    assert set(receivers) <= set(told[path])
    assert not ours(told["/v1/tracks/1"]) & set(receivers)
    with db.transaction(only_reads=True) as session:
        written = db.fetch(session, "SELECT task FROM outbox")
    # What follows from it was enqueued, as where everything is imported at once.
    assert [name for (name,) in written] != []
    table = json.loads((package / "chalicelib" / "manifest.json").read_text())
    assert table["signals"] == signals.modules_by_signal()


def test_what_the_clock_does_is_heard_too(package: Path, database: TestDatabase, stand_in: Resources) -> None:
    transfer = stored(make_ticket_transfer, expires_at=clock.now() - timedelta(hours=1))
    program = "import app; from chalicelib import entrypoints; entrypoints.sweep_outbox()"
    subprocess.run([sys.executable, "-c", program], cwd=package, env={**os.environ}, check=True)
    written = database.rows("SELECT key FROM outbox WHERE arguments ? 'transfer_id'")
    assert [row["key"].rpartition("-")[2] for row in written] == [str(transfer.id)]


def test_an_action_has_its_module_imported_and_what_that_names(
    package: Path, database: TestDatabase, client: Client
) -> None:
    token = client.signed_in_as(stored(make_user)).token
    path = "/v1/orders/calculate-amount"
    told = asked(package, ("POST", path, token, {"tickets": []}))
    assert "chalicelib.actions.calculate_amount" in told[path]
    assert not [our for our in ours(told[path]) if our.startswith("chalicelib.tasks.")]
    assert len(ours(told[path])) < len(ours(list(sys.modules))) / 2


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
