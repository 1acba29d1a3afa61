"""Whatever can be guessed at, or mails somebody, names its rate limit: made from the registries."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from chalicelib import entrypoints
from chalicelib.docs.documented import DOCUMENTED
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.http import limited
from chalicelib.jsonapi.http.action import ACTIONS, Action, name_in
from chalicelib.jsonapi.http.shapes import works_at
from chalicelib.limits import declared
from chalicelib.limits.limit import Exempt, Limit
from chalicelib.rates import Rate
from chalicelib.resources import REGISTRY
from chalicelib.settings import Settings
from chalicelib.tasks.registry import TASKS

entrypoints.import_all()

ROOT = Path(__file__).resolve().parents[2]
SECRETS = ("token", "password", "code")
LIMITS = {name: value for name, value in vars(declared).items() if isinstance(value, Limit)}


def all_actions() -> list[Action]:
    return [item for listed in ACTIONS.values() for item in listed]


def named(one: Action) -> str:
    return f"{one.method} /{'/'.join(one.pattern)}"


def members(taken: Any) -> Iterator[str]:
    if isinstance(taken, dict):
        for name, below in taken.items():
            yield name
            yield from members(below)
    elif isinstance(taken, list):
        for below in taken:
            yield from members(below)


def takes_a_secret(one: Action) -> bool:
    names = [
        *members(DOCUMENTED[one.run].request),
        *filter(None, map(name_in, one.pattern)),
    ]
    return any(name.replace("_", "-").split("-")[-1] in SECRETS for name in names)


def has_reasons(limited_by: Iterable[Limit | Exempt]) -> bool:
    return all(item.reason for item in limited_by if isinstance(item, Exempt)) and bool([*limited_by])


@pytest.mark.parametrize("one", all_actions(), ids=named)
def test_an_action_that_can_be_guessed_at_or_needs_nobody_names_its_limit(one: Action) -> None:
    changes = one.method not in {"GET", "HEAD"}
    anonymous = changes and (DOCUMENTED[one.run].open or not one.reads_token)
    if anonymous or one.secret or takes_a_secret(one):
        assert has_reasons(one.limited_by), f"{named(one)} needs a limit, or an Exempt with the reason"


def test_the_check_of_actions_finds_what_it_is_for() -> None:
    found = {named(action) for action in all_actions() if takes_a_secret(action)}
    assert {
        "POST /v1/auth/login",
        "POST /v1/auth/change-password",
        "PATCH /v1/auth/reset-password",
        "POST /v1/role_invites/accept-invite",
        "GET /v1/events/{event}/discount-codes/{code}",
        "POST /v1/orders/create-order",
        "POST /v1/profiles/join",
    } <= found


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_each_limit_has_a_setting_and_is_asked_somewhere(name: str) -> None:
    assert isinstance(LIMITS[name].rate, Rate)
    assert LIMITS[name].rate.number > 0
    assert name in asked_for(), f"nothing asks {name}"


def test_each_setting_belongs_to_a_limit() -> None:
    settings = {field.name for field in fields(Settings) if field.name.startswith("limit_")}
    assert settings == {f"limit_{limit.name}" for limit in LIMITS.values()}
    assert len(LIMITS) == len(settings), "two limits share a setting"


def test_each_setting_is_explained() -> None:
    told = (ROOT / "docs" / "operating.md").read_text()
    for limit in LIMITS.values():
        written = f"LIMIT_{limit.name.upper()}"
        assert f"`{written}`" in told, f"{written} is not in docs/operating.md"
        assert f"| {rate_of(limit)} |" in told, f"docs/operating.md tells another rate for {written}"


def rate_of(limit: Limit) -> str:
    default: Rate = next(field.default for field in fields(Settings) if field.name == f"limit_{limit.name}")  # type: ignore[assignment]
    seconds = int(default.period)
    size, unit = next(
        (size, unit)
        for size, unit in ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))
        if seconds % size == 0
    )
    return f"{default.number}/{seconds // size}{unit}"


@cache
def asked_for() -> set[str]:
    """The limits that a door asks: actions, nouns, or a rule or task that counts by itself."""
    doors = [
        *(action.limited_by for action in all_actions()),
        *(resource.limited_by for resource in REGISTRY),
    ]
    found = {name for name, value in LIMITS.items() if any(value in limited_by for limited_by in doors)}
    found.add("CODES_SHOWN")  # of every generic read: jsonapi/http/limited.py, tried in test_the_doors.py
    for path in (ROOT / "chalicelib").rglob("*.py"):
        if path.name == "declared.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            # LIMIT.counter(...), and a limit handed to a function that counts.
            if (
                isinstance(node, ast.Attribute)
                and node.attr == "counter"
                and isinstance(node.value, ast.Name)
            ):
                found.add(node.value.id)
            counts = {"_active", "_Sender"}
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in counts:
                found |= {
                    part.id for arg in node.args for part in ast.walk(arg) if isinstance(part, ast.Name)
                }
    return found & LIMITS.keys()


def modules_that_mail() -> set[str]:
    """The modules of tasks in which a mail is posted."""
    return {
        f"chalicelib.tasks.{path.stem}"
        for path in (ROOT / "chalicelib" / "tasks").glob("*.py")
        if path.stem != "send_and_log"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "send_and_log"
    }


def test_nobody_else_sends_mails() -> None:
    senders = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "chalicelib").rglob("*.py")
        if "mail import" in path.read_text()
        and " send" in path.read_text().split("mail import")[1].split("\n")[0]
    ]
    assert sorted(senders) == [
        "chalicelib/tasks/send_and_log.py",
        "chalicelib/tasks/send_bulk_mail_share.py",  # limited by its task's declaration
    ]


def mails(run: Any) -> bool:
    tree = ast.parse(Path(run.__code__.co_filename).read_text())
    (found,) = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == run.__name__
    ]
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "send_and_log"
        for node in ast.walk(found)
    )


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_task_that_mails_says_which_limits_those_who_cause_it_have_met(name: str) -> None:
    one = TASKS[name]
    if mails(one.run):
        assert has_reasons(one.limited_by), f"{name} mails: name the limits, or an Exempt with the reason"
    asked = asked_for()
    for limit in one.limited_by:
        if isinstance(limit, Limit):
            assert next(name for name, value in LIMITS.items() if value is limit) in asked


def test_every_mail_is_posted_by_a_task_itself() -> None:
    assert modules_that_mail() == {task.run.__module__ for task in TASKS.values() if mails(task.run)}


@pytest.mark.parametrize(
    "resource", [resource for resource in REGISTRY if resource.limited_by], ids=lambda resource: resource.type
)
def test_a_noun_is_limited_at_every_address_where_it_is_created(resource: Any) -> None:
    addresses = [("v1", *path.split("/")) for path in (resource.path, *resource.aliases)] + [
        ("v1", other.path, "1", segment)
        for other in REGISTRY
        for relation in REGISTRY.relations[other.type].values()
        if relation.target == resource.type
        for segment in (relation.wire, *relation.paths)
    ]
    creating = [path for path in addresses if "POST" in (works_at(Request("POST", path), REGISTRY) or {})]
    assert creating
    for path in creating:
        assert limited._limits_of(Request("POST", path), REGISTRY) == resource.limited_by, path


def test_a_noun_that_mails_when_it_is_created_is_limited() -> None:
    mailing = set()
    for name in modules_that_mail():
        source = (ROOT / f"{name.replace('.', '/')}.py").read_text()
        mailing |= set(re.findall(r'signals\.on\("([\w-]+)\.created"\)', source))
    assert {"user", "role-invite", "users-groups-role"} <= mailing
    for resource in REGISTRY:
        if resource.type in mailing and "create" in resource.methods:
            assert resource.limited_by, f"creating a {resource.type} mails somebody"
