"""Query parameters of actions: ours refuse what they do not understand, addresses of the former API ignore it."""

from pathlib import Path
from uuid import UUID

import pytest

from chalicelib import entrypoints
from chalicelib.docs.documented import DOCUMENTED
from chalicelib.jsonapi.http.action import ACTIONS, Action
from tests.factories import stored
from tests.factories.setting import make_setting
from tests.factories.user import make_user
from tests.support.http_client import Client

entrypoints.import_all()
pytestmark = pytest.mark.one_database

ALL = [item for listed in ACTIONS.values() for item in listed]
# Addresses of the former API, and what others than clients ask for: browsers, and services that were told an
# address. No new action belongs here.
LENIENT = Path(__file__).with_name("lenient_actions.txt").read_text().splitlines()
STRANGE = "surprise"


def path_of(listed: Action) -> str:
    given = str(UUID(int=1)) if listed.former else "1"
    return "/" + "/".join(
        given + part.partition("}")[2] if part.startswith("{") else part for part in listed.pattern
    )


def status_and_parameters(client: Client, listed: Action, name: str) -> tuple[int, list[str]]:
    """The status, and the parameters that errors are about, of a request with a parameter of this name."""
    body: dict[str, object] | None = None if listed.method == "GET" else {}
    answer = client.request(listed.method, path_of(listed), body, query={name: "1"})
    errors = answer.json.get("errors", ()) if answer.status >= 400 and answer.text.startswith("{") else ()
    return answer.status, [error["source"].get("parameter") for error in errors if "source" in error]


def test_whatever_is_ours_is_strict() -> None:
    lenient = sorted(f"{item.method} /{'/'.join(item.pattern)}" for item in ALL if item.lenient)
    assert lenient == LENIENT


def test_each_parameter_of_an_example_is_declared() -> None:
    for item in ALL:
        shown = DOCUMENTED.get(item.run)
        if shown is not None and not item.lenient:
            assert set(shown.query) <= {*item.query, *item.families}, path_of(item)


def test_what_is_ours_refuses_an_unknown_parameter_and_the_others_ignore_it(client: Client) -> None:
    stored(make_setting)
    staff = client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    for item in sorted(ALL, key=lambda item: item.lenient):  # some of the former ones log out
        asking = staff if item.reads_token else client
        status, parameters = status_and_parameters(asking, item, STRANGE)
        assert status != 500, path_of(item)
        assert (status == 400 and parameters == [STRANGE]) != item.lenient, (item.method, path_of(item))


def test_what_is_declared_is_understood(client: Client) -> None:
    stored(make_setting)
    staff = client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    declared = [(item, name) for item in ALL for name in item.query]
    assert declared
    for item, name in declared:
        answer = staff.request(item.method, path_of(item), query={name: "1"})
        assert "is not understood" not in answer.text, (path_of(item), name)
