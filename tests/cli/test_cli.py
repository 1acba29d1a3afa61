"""What operators do on the command line: outcomes, exit codes, and errors of one line."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib import aws, db, outbox
from chalicelib.auth import tokens
from chalicelib.revision import newest
from chalicelib.settings import settings
from chalicelib.tasks import dead_letters
from devstack.aws_stand_in import Resources
from tests.cli.conftest import Run
from tests.factories import stored
from tests.factories.event import make_event
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

ROOT = Path(__file__).resolve().parent.parent.parent
COMMANDS = [
    ["create-admin"],
    ["migrate"],
    ["health"],
    ["normalize"],
    ["routes"],
    ["tasks", "list"],
    ["tasks", "redrive"],
    ["tasks", "purge"],
    ["trash", "list"],
    ["trash", "restore"],
    ["trash", "purge"],
    ["keys", "rotate"],
    ["why"],
    ["restored", "begin"],
    ["restored", "list"],
    ["restored", "release"],
    ["restored", "drop"],
    ["restored", "files"],
    ["restored", "payments"],
]


@pytest.fixture
def set_to(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Settings for one test."""
    yield monkeypatch
    settings.cache_clear()
    aws.forget()


def on(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    aws.forget()


def test_it_is_started_as_a_module_and_tells_what_there_is() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "chalicelib.cli", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(command[0] in ended.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_json_and_a_stage(run: Run, command: list[str]) -> None:
    ended = run(*command, "--help")
    assert ended.code == 0
    assert "--json" in ended.out
    assert "--stage" in ended.out


def test_what_is_written_wrongly_ends_with_2(run: Run) -> None:
    assert run().code == 2
    assert run("trash").code == 2
    assert run("tasks", "list", "--state", "lost").code == 2


def test_prod_is_changed_only_by_name(run: Run, database: TestDatabase, set_to: pytest.MonkeyPatch) -> None:
    event = stored(make_event)
    database.run("UPDATE events SET deleted_at = now()")
    on(set_to, STAGE="prod")
    restore = ("trash", "restore", "event", str(event.id))
    for arguments in (restore, (*restore, "--stage", "dev")):
        ended = run(*arguments)
        assert (ended.code, ended.out, ended.err.count("\n")) == (3, "", 1)
    assert database.one("SELECT count(*) FROM events WHERE deleted_at IS NULL") == 0
    assert run("trash", "list").code == 0  # looking changes nothing
    assert run(*restore, "--stage", "prod").code == 0
    assert database.one("SELECT count(*) FROM events WHERE deleted_at IS NULL") == 1


def test_an_admin_is_made_once_and_can_sign_in(
    run: Run, client: Client, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    for created in (True, False):
        monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse battery\n"))
        ended = run("create-admin", "root@example.org", "--json")
        assert (ended.code, ended.json["created"]) == (0, created)
    found = database.rows("SELECT is_admin, is_super_admin, is_verified FROM users")
    assert found == [{"is_admin": True, "is_super_admin": True, "is_verified": True}]
    login = {"email": "root@example.org", "password": "correct horse battery"}
    assert client.post("/v1/auth/login", login, content_type="application/json").status == 200


@pytest.mark.parametrize(("email", "password"), [("nobody", "correct horse battery"), ("a@b.org", "short")])
def test_a_wrong_admin_is_refused_in_one_line(
    run: Run, database: TestDatabase, monkeypatch: pytest.MonkeyPatch, email: str, password: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{password}\n"))
    ended = run("create-admin", email)
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert database.one("SELECT count(*) FROM users") == 0


def test_migrate_tells_where_the_database_is(run: Run, database: TestDatabase) -> None:
    ended = run("migrate", "--dry-run", "--json")
    assert (ended.code, ended.json["to"], ended.json["applied"]) == (0, newest(), [])


def test_health_ends_with_1_when_something_is_not_well(
    run: Run, database: TestDatabase, stand_in: Resources
) -> None:
    ended = run("health", "--json")
    assert (ended.code, {check["well"] for check in ended.json}) == (0, {True})
    database.run("UPDATE alembic_version SET version_num = 'elsewhere'")
    ended = run("health")
    assert ended.code == 1
    assert "elsewhere" in ended.out


def test_routes_are_those_that_answer(run: Run, client: Client, database: TestDatabase) -> None:
    found = {(item["method"], item["path"]) for item in run("routes", "--json").json}
    assert {("POST", "/v1/orders/create-order"), ("GET", "/v1/events/{id}/sessions")} <= found
    assert client.get("/v1/events").status == 200
    under = run("routes", "--under", "/v1/auth", "--json").json
    assert under
    assert all(item["path"].startswith("/v1/auth") for item in under)


def test_failed_tasks_are_listed_with_their_reason(run: Run, database: TestDatabase) -> None:
    with db.transaction() as session:
        outbox.add(session, "send_password_change_mail", {"user_id": 1}, key="one")
    outbox.give_up("one", "there is no such user")
    (found,) = run("tasks", "list", "--json").json
    assert (found["task"], found["failure"]) == ("send_password_change_mail", "there is no such user")
    assert run("tasks", "list", "--state", "waiting", "--json").json == []


def test_dead_letters_are_put_back_or_thrown_away(run: Run, stand_in: Resources) -> None:
    dead, queue = settings().dead_letters_url, settings().tasks_queue_url
    bodies = {json.dumps({"number": number}) for number in range(12)}
    for body in bodies:
        aws.sqs().send_message(QueueUrl=dead, MessageBody=body)
    ended = run("tasks", "redrive", "--json")
    assert (ended.json, dead_letters.count()) == ({"redriven": 12}, 0)
    assert "10 are in the queue again" in ended.err
    arrived: set[str] = set()
    while len(arrived) < 12:
        found = aws.sqs().receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
        arrived |= {message["Body"] for message in found}
    assert arrived == bodies
    aws.sqs().send_message(QueueUrl=dead, MessageBody="{}")
    assert run("tasks", "purge").code == 1
    assert dead_letters.count() == 1
    assert run("tasks", "purge", "--yes", "--json").json == {"purged": 1}


def test_the_trash_is_listed_emptied_and_given_back(run: Run, database: TestDatabase) -> None:
    old, recent = stored(make_event), stored(make_event)
    database.run("UPDATE events SET deleted_at = now() - interval '100 days' WHERE id = :id", id=old.id)
    database.run("UPDATE events SET deleted_at = now() WHERE id = :id", id=recent.id)
    (listed,) = run("trash", "list", "--json").json
    assert (listed["type"], listed["count"], listed["due"]) == ("event", 2, 1)
    assert run("trash", "purge", "--dry-run", "--json").json == [{"type": "event", "would go": 1}]
    assert run("trash", "purge", "--type", "event", "--json").json == [{"type": "event", "gone": 1}]
    assert database.one("SELECT id FROM events") == recent.id
    assert run("trash", "restore", "event", str(recent.id)).code == 0
    ended = run("trash", "restore", "event", str(recent.id))
    assert (ended.code, ended.err) == (1, f"trash restore: there is no event {recent.id} in the trash\n")
    assert run("trash", "restore", "order", "1").code == 1


def test_a_new_key_signs_and_the_older_ones_stay_good(
    run: Run, stand_in: Resources, set_to: pytest.MonkeyPatch
) -> None:
    name, first = "/cli/keys", "first:" + "x" * 40
    aws.ssm().put_parameter(Name=name, Value=first, Type="SecureString", Overwrite=True)
    on(set_to, JWT_KEYS="", JWT_KEYS_PARAMETER=name)
    old = tokens.access_token(7, fresh=True)
    before = run("keys", "rotate", "--dry-run", "--json").json
    assert (before["written"], list(tokens.keys())) == (False, ["first"])
    ended = run("keys", "rotate", "--json")
    assert ended.json["stay good"] == ["first"]
    signs, _ = tokens.keys()
    assert signs == ended.json["signs"]
    assert tokens.keys()[signs] not in ended.out
    assert tokens.read_access(old).user_id == 7
    for _ in range(2):
        run("keys", "rotate")
    names = list(tokens.keys())
    assert (len(names), "first" in names) == (3, False)


def test_keys_that_are_not_in_the_parameter_store_are_left_alone(run: Run) -> None:
    ended = run("keys", "rotate")
    assert (ended.code, ended.err.count("\n")) == (1, 1)
