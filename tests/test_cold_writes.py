"""Cold writes of every noun, from a package: what one imports is enough for all that a write does.

Each request is answered by a process that has imported no noun before, and once more where everything is imported,
in a copy of the database. Answers, and the rows of all tables afterwards, are the same.
"""

import json
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from chalicelib import db, resources, signals
from chalicelib.auth import tokens, viewer
from chalicelib.jsonapi.http.retry import constraints_of_random_values
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.write.dependants import dependants, parent_types
from chalicelib.resources import REGISTRY
from chalicelib.settings import settings
from devstack import gateway
from devstack.database import connected
from tests.factories import attributes_of, maker, stored
from tests.factories.user import make_user
from tests.resources.test_every_resource import ALL, sent
from tests.support.cold_functions import ColdFunctions, cold_functions
from tests.support.databases import TestDatabase, fresh_copy
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.packages import packaged
from tests.support.servers import DatabaseServer
from tests.uploads.test_temporary import image_url

Asking = tuple[str, str, Any]  # method, path, document
# What differs from one time to the next.
_CHANGING: Final = re.compile(
    r"\d{4}-\d\d-\d\d[T ][\d:.+Z-]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\$argon2[^\"]+"
    r"|\b[0-9a-f]{6,64}\b|(?<=_)[0-9a-f]{6,64}\b|[\w-]{20,}"
)
# The order of receivers is undefined, and so is that of messages.
_WITHOUT_ORDER: Final = {"outbox"}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the product with its manifest."""
    return packaged(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def functions(package: Path) -> Iterator[ColdFunctions]:
    """Processes that begin with the request."""
    with cold_functions(package) as functions:
        yield functions


def creations(noun: Resource) -> Iterator[Asking]:
    if "create" in noun.methods:
        yield "POST", f"/v1/{noun.path}", sent(noun)


def changes(noun: Resource) -> Iterator[Asking]:
    if "update" in noun.methods:
        id = str(stored(maker(noun.type)).id)
        yield "PATCH", f"/v1/{noun.path}/{id}", document(noun.type, attributes_of(noun.type), id)


def removals(noun: Resource) -> Iterator[Asking]:
    if "delete" in noun.methods:
        yield "DELETE", f"/v1/{noun.path}/{stored(maker(noun.type)).id}", None


def links(noun: Resource) -> Iterator[Asking]:
    """Each relationship of a row that can be written is, with another row that may not fit."""
    if "update" not in noun.methods:
        return
    id = stored(maker(noun.type)).id
    for relation in REGISTRY.relations[noun.type].values():
        if relation.read_only or REGISTRY[relation.target].model is None:
            continue
        other = {"type": relation.target, "id": str(stored(maker(relation.target)).id)}
        path = f"/v1/{noun.path}/{id}/relationships/{relation.wire}"
        yield "POST" if relation.many else "PATCH", path, {"data": [other] if relation.many else other}


KINDS: Final[dict[str, Callable[[Resource], Iterator[Asking]]]] = {
    "created": creations,
    "changed": changes,
    "removed": removals,
    "linked": links,
}


def event_of(asking: Asking, token: str) -> Any:
    """API Gateway's event of a request."""
    import app

    method, path, content = asking
    media = {"Accept": "application/vnd.api+json", "Content-Type": "application/vnd.api+json"}
    headers = {**media, "Authorization": f"JWT {token}"}
    body = b"" if content is None else json.dumps(content).encode()
    return gateway.event_from_http(app.app.routes, method, path, list(headers.items()), body)


def warm(event: Any) -> Any:
    """The answer of this process, which repeats nothing because of an account that it knew earlier."""
    import app

    viewer.forget()
    return app.app(event, gateway.LambdaContext())


def alike(answer: Any) -> tuple[int, str]:
    """What is compared of an answer."""
    return answer["statusCode"], _CHANGING.sub("*", answer["body"])


def rows(database: TestDatabase) -> dict[str, list[str]]:
    """The rows of every table, as they are compared."""
    names = [
        row["tablename"]
        for row in database.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    found = {}
    for name in names:
        left_out = " - 'id'" if name in _WITHOUT_ORDER else ""
        texts = database.rows(f'SELECT (to_jsonb(t){left_out})::text AS text FROM "{name}" t')
        found[name] = sorted(_CHANGING.sub("*", row["text"]) for row in texts)
    return found


def left_alone(database: TestDatabase, server: DatabaseServer) -> str:
    """The name of the database, to which nobody is connected any more."""
    name = str(database.one("SELECT current_database()"))
    database.close()
    with connected(server.url) as connection:
        ended = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = :name"
        connection.run(ended, name=name)
    return name


@pytest.mark.usefixtures("signals_on", "stand_in")
@pytest.mark.parametrize("kind", KINDS)
def test_a_cold_write_does_all_that_is_done_where_everything_is_imported(
    kind: str,
    functions: ColdFunctions,
    database: TestDatabase,
    database_server: DatabaseServer,
    environment: pytest.MonkeyPatch,
) -> None:
    token = tokens.access_token(stored(make_user, is_admin=True, is_super_admin=True).id, fresh=True)
    askings = {noun.type: list(KINDS[kind](noun)) for noun in ALL}
    events = {
        noun: [event_of(asking, token) for asking in several] for noun, several in askings.items() if several
    }
    db.forget()
    with fresh_copy(database_server, left_alone(database, database_server)) as copy:
        told = {noun: functions.answer(several) for noun, several in events.items()}
        environment.setenv("DATABASE_URL", copy.requests_url)
        settings.cache_clear()
        db.forget()
        expected = {noun: [warm(event) for event in several] for noun, several in events.items()}
        differing: list[Asking] = []
        for noun in events:
            compared = zip(askings[noun], told[noun]["answers"], expected[noun], strict=True)
            differing += [asking for asking, cold, other in compared if alike(cold) != alike(other)]
        assert differing == []
        assert rows(database) == rows(copy)
        db.forget()
    statuses = {answer["statusCode"] for several in expected.values() for answer in several}
    assert statuses & {200, 201, 204}
    assert max(statuses) < 500
    # Few of them needed much.
    sizes = sorted(
        len([module for module in answered["modules"] if module.startswith("chalicelib.resources.")])
        for answered in told.values()
    )
    assert sizes[len(sizes) // 2] < 60, sizes


def test_what_the_manifest_tells_of_all_nouns_is_what_they_declare(package: Path) -> None:
    table = json.loads((package / "chalicelib" / "manifest.json").read_text())
    assert table["parents"] == list(parent_types(REGISTRY))
    assert set(table["random keys"]) == constraints_of_random_values(REGISTRY)
    assert table["signals"] == signals.modules_by_signal()
    for noun in ALL:
        told = json.loads((package / "chalicelib" / "manifest" / f"{noun.type}.json").read_text())[
            "dependants"
        ]
        declared = {name: dependants(REGISTRY, noun.type, name) for name in parent_types(REGISTRY)}
        assert told == {
            name: [[each.type, each.table, each.column] for each in several]
            for name, several in declared.items()
            if several
        }


def test_a_row_with_dependants_does_not_move_where_their_nouns_are_not_imported(
    functions: ColdFunctions, client: Client
) -> None:
    staff = stored(make_user, is_admin=True, is_super_admin=True)
    track = stored(maker("track"))
    stored(maker("session"), event_id=track.event_id, track_id=track.id)
    other = document("track", {}, track.id, event=("event", stored(maker("event"))))
    event = event_of(("PATCH", f"/v1/tracks/{track.id}", other), tokens.access_token(staff.id, fresh=True))
    told = functions.answer([event])
    other_answer = client.signed_in_as(staff).patch(f"/v1/tracks/{track.id}", other)
    assert (told["answers"][0]["statusCode"], other_answer.status) == (422, 422)
    assert json.loads(told["answers"][0]["body"]) == other_answer.json
    assert "chalicelib.resources.programme.session.session" not in told["modules"]


def test_a_picture_fills_the_slot_that_an_action_declares(
    functions: ColdFunctions, client: Client, database: TestDatabase
) -> None:
    owner = stored(make_user)
    event = stored(maker("event"), owner=owner)
    url = image_url(client.signed_in_as(owner))
    pictured = document("event", {"original-image-url": url}, event.id)
    token = tokens.access_token(owner.id, fresh=True)
    told = functions.answer([event_of(("PATCH", f"/v1/events/{event.id}", pictured), token)])
    assert told["answers"][0]["statusCode"] == 200
    filled = database.rows("SELECT slot, owner_id FROM uploads")
    assert filled == [{"slot": "event.original-image-url", "owner_id": event.id}]


def test_a_copy_of_an_event_imports_what_is_copied(functions: ColdFunctions, client: Client) -> None:
    staff = stored(make_user, is_admin=True, is_super_admin=True)
    track = stored(maker("track"))
    token = tokens.access_token(staff.id, fresh=True)
    told = functions.answer([event_of(("POST", f"/v1/events/{track.event_id}/copy", None), token)])
    assert told["answers"][0]["statusCode"] == 200
    copied = json.loads(told["answers"][0]["body"])["id"]
    tracks = client.signed_in_as(staff).get(f"/v1/events/{copied}/tracks").data
    assert [each["attributes"]["name"] for each in tracks] == [track.name]
    assert "chalicelib.resources.admin.page" not in told["modules"]


def test_whoever_reads_a_registry_has_everything_imported_first(
    functions: ColdFunctions, client: Client
) -> None:
    event = event_of(("GET", "/health-check", None), "")
    told = functions.answer([event])
    from chalicelib import health

    results = json.loads(told["answers"][0]["body"])["results"]
    assert sorted(result["checker"] for result in results) == sorted(health.CHECKS)
    # Each table is looked at, also those that are of no resource type.
    named = {module.name for module in pkgutil.walk_packages(resources.__path__, f"{resources.__name__}.")}
    assert named - set(told["modules"]) == set()
