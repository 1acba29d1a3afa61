"""GET requests that act, as former clients send them: each is declared, and HEAD does nothing there."""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from chalicelib import entrypoints, outbox
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http import action
from chalicelib.jsonapi.http.action import ACTIONS, Action
from chalicelib.jsonapi.model.context import Context
from tests.factories import stored
from tests.factories.event_type import make_event_type
from tests.factories.setting import make_setting
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

entrypoints.import_all()
pytestmark = pytest.mark.one_database

READS = [item for listed in ACTIONS.values() for item in listed if item.method == "GET"]
# Calls by which an action writes, emits an outbox message or asks a third party.
WRITES = {
    "add",
    "ask_outside",
    "ask_service",
    "delete",
    "demand",
    "emit",
    "enqueue_for_commit",
    "flush",
    "keep",
}
WRITES |= {"fetched", "fetched_text", "lock_visible", "merge", "remember", "start"}
ADDRESS = "/v1/kettles/{id}/boil"


def path_of(one: Action) -> str:
    given = str(UUID(int=1)) if one.former else "1"
    return "/" + "/".join(
        given + part.partition("}")[2] if part.startswith("{") else part for part in one.pattern
    )


def calls_of(run: Callable[..., Any]) -> set[str]:
    """The names of what a function calls, also by way of others in its module and in modules of actions."""
    reached, waiting, called = set(), [(Path(run.__code__.co_filename), run.__name__)], set()
    while waiting:
        path, name = waiting.pop()
        if (path, name) in reached:
            continue
        reached.add((path, name))
        functions, imported = functions_of(path)
        for node in ast.walk(functions[name]) if name in functions else ():
            if isinstance(node, ast.Call):
                function = node.func
                known = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
                called.add(known)
                if isinstance(function, ast.Name):
                    waiting.append((imported.get(known, path), known))
    return called


@cache
def functions_of(path: Path) -> tuple[dict[str, ast.FunctionDef], dict[str, Path]]:
    """A module's functions by name, and the modules of actions from which it imports names."""
    tree = ast.parse(path.read_text())
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module]
    return functions, {
        alias.asname or alias.name: file
        for node in imports
        for alias in node.names
        if (node.module or "").startswith("chalicelib.actions.")
        and (file := Path(*(node.module or "").split(".")).with_suffix(".py")).exists()
    }


@pytest.mark.parametrize("one", READS, ids=path_of)
def test_a_get_that_writes_or_asks_a_third_party_is_declared(one: Action) -> None:
    assert bool(calls_of(one.run) & WRITES) == one.acts, f"declare acts={not one.acts} for {path_of(one)}"


def test_only_gets_are_declared_and_there_are_some() -> None:
    acting = [item for listed in ACTIONS.values() for item in listed if item.acts]
    assert {item.method for item in acting} == {"GET"}
    assert {
        "/v1/video-streams/1/join",
        "/v1/video-streams/1/chat-token",
        "/v1/video-streams/1/video-recordings",
        "/v1/groups/1/events/1/announce",
        "/v1/speaker-invites/1/accept-invite",
        "/v1/badge-forms/print-badge-pdf",
    } <= {path_of(item) for item in acting}


def test_head_is_refused_where_get_acts_and_answered_like_get_elsewhere(client: Client) -> None:
    stored(make_setting)
    staff = client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    for read in READS:
        path = path_of(read)
        for asking in (client, staff):
            head = asking.request("HEAD", path)
            allowed = head.headers.get("allow", "").split(", ")
            if read.acts:
                assert (head.status, "GET" in allowed, "HEAD" in allowed) == (405, True, False), path
            else:
                assert (head.status, head.text) == (asking.get(path).status, ""), path
                assert head.status < 500, path
        refused = client.request("PUT", path)
        assert ("HEAD" in refused.headers["allow"].split(", ")) != read.acts, path


@pytest.fixture
def boiling() -> Iterator[Callable[..., None]]:
    """Let GET /v1/kettles/{id}/boil do the given work."""
    before = {length: list(listed) for length, listed in ACTIONS.items()}

    def does(work: Callable[[Context], Any], **declared: Any) -> None:
        def boil(context: Context, id: str) -> Answer:
            work(context)
            return plain({"id": id})

        action.add(Action("GET", tuple(ADDRESS.strip("/").split("/")), boil, **declared))

    yield does
    ACTIONS.clear()
    ACTIONS.update(before)


@pytest.mark.parametrize(
    "work",
    [
        lambda context: outbox.add(context.session, "boil", {}),
        lambda context: make_event_type(context.session),
        lambda context: context.session.execute(text("DELETE FROM event_types")),
        lambda context: context.ask_outside("boil", lambda: 1),
    ],
    ids=["a message", "a row", "a statement without parameters", "a third party"],
)
def test_what_an_undeclared_get_does_is_refused_by_the_transaction(
    client: Client, boiling: Callable[..., None], database: TestDatabase, work: Callable[[Context], Any]
) -> None:
    asking = client.signed_in_as(stored(make_user))
    stored(make_event_type)
    counted = "SELECT (SELECT count(*) FROM event_types), (SELECT count(*) FROM outbox)"
    before = database.rows(counted)
    boiling(work)
    for method in ("GET", "HEAD"):
        assert asking.request(method, "/v1/kettles/1/boil").status == 500
    assert database.rows(counted) == before
    boiling(work, acts=True)
    assert asking.request("HEAD", "/v1/kettles/1/boil").status == 405
    assert asking.get("/v1/kettles/1/boil").status == 200
    # The connection is used again, and no longer read-only.
    assert asking.patch("/v1/users/1", {"data": None}).status < 500
    stored(make_user)
