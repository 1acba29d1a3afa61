"""What the description promises is what clients were promised, or the CHANGELOG says what is otherwise."""

import re
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any

import pytest

from chalicelib.docs import openapi
from chalicelib.resources import REGISTRY
from tests.description.__main__ import CHANGELOG, KEPT
from tests.description.differences import differences, remedy, unsaid
from tests.description.promises import promises, read, written

Doctored = Callable[[Any], object]
OTHER_PARTS = """# Changelog

## [Unreleased]

### Added
- API: halls have names: `nothing`.
{added}
### Removed
- Nothing of the API: `event.attributes name`.
{removed}
## [0.0.1]

### Removed
- API: `event.attributes name`; `*`
"""


def members(name: str) -> Callable[[Any], Any]:
    """The members of a kind of object in a description, such as event.attributes."""
    first, *others = name.split("/")

    def found(description: Any) -> Any:
        schema = description["components"]["schemas"][first]
        for other in others:
            schema = schema["properties"][other]
        return schema["properties"]

    return found


ANSWERED = members("event/attributes")
SENT = members("event.new.document/data/attributes")


def operation(description: Any, path: str = "/v1/events", method: str = "get") -> Any:
    return description["paths"][path][method]


def need(description: Any) -> None:
    """A new attribute that has to be sent."""
    SENT(description)["colour"] = {"type": "string"}
    data = description["components"]["schemas"]["event.new.document"]["properties"]["data"]
    data["properties"]["attributes"]["required"].append("colour")


BREAKING: dict[str, Doctored] = {
    "event.attributes name: is gone": lambda it: ANSWERED(it).pop("name"),
    "event.attributes name: was string, is integer": lambda it: ANSWERED(it)["name"].update(type="integer"),
    "event.attributes name: was string, is string|null": lambda it: ANSWERED(it)["name"].update(
        type=["string", "null"]
    ),
    "event.attributes state: was string|null,one-of(None|draft|published), is string|null": lambda it: (
        ANSWERED(it)["state"].pop("enum")
    ),
    "event.new.document.data.attributes colour: is new, and must be sent": need,
    "event.relationships tickets: was ticket.many, is ticket.one": lambda it: members("event/relationships")(
        it
    )["tickets"].update({"$ref": "#/components/schemas/ticket.one"}),
    "GET /v1/events: is gone": lambda it: it["paths"]["/v1/events"].pop("get"),
    "GET /v1/events ?event.filter: is gone": lambda it: operation(it)["parameters"].remove(
        {"$ref": "#/components/parameters/event.filter"}
    ),
    "GET /v1/events 304: is gone": lambda it: operation(it)["responses"].pop("304"),
    "GET /v1/events for: was everybody, is signed-in": lambda it: operation(it)["security"].remove({}),
    "POST /v1/events takes: was event.new.document, is event.change.document": lambda it: operation(
        it, method="post"
    )["requestBody"]["content"]["application/vnd.api+json"].update(
        schema={"$ref": "#/components/schemas/event.change.document"}
    ),
    "POST /v1/auth/login takes email: is gone": lambda it: operation(it, "/v1/auth/login", "post")[
        "requestBody"
    ]["content"]["application/json"]["schema"]["properties"].pop("email"),
    "?event.sort name: is gone": lambda it: it["components"]["parameters"]["event.sort"]["schema"]["items"][
        "enum"
    ].remove("name"),
    "?page.size is: was integer,minimum(0),maximum(2147483647), is integer,minimum(0),maximum(100)": lambda it: (
        it["components"]["parameters"]["page.size"]["schema"].update(maximum=100)
    ),
}
ADDED: dict[str, Doctored] = {
    "event.attributes colour: is new": lambda it: ANSWERED(it).update(colour={"type": "string"}),
    "event.new.document.data.attributes colour: is new": lambda it: SENT(it).update(
        colour={"type": "string"}
    ),
    "GET /v1/colours: is new": lambda it: it["paths"].update({"/v1/colours": it["paths"]["/v1/events"]}),
    "GET /v1/events 418: is new": lambda it: operation(it)["responses"].update(
        {"418": {"$ref": "#/components/responses/404"}}
    ),
}


@cache
def patient() -> Any:
    """What the description says of events and of signing in: enough to be doctored."""
    whole = openapi.description(REGISTRY)
    components = whole["components"]
    chosen = {
        "parameters": r"(event|page)\..*|trashed|permanent|.*key",
        "schemas": r"event(\..*)?|ticket\..*",
        "responses": r"[0-9]+|event\..*",
    }
    return {
        "info": whole["info"],
        "paths": {path: whole["paths"][path] for path in ("/v1/events", "/v1/events/{id}", "/v1/auth/login")},
        "components": {
            part: {name: value for name, value in components[part].items() if re.fullmatch(names, name)}
            for part, names in chosen.items()
        },
    }


def told(doctor: Doctored, changelog: str = "") -> list[str]:
    """What is said of a description that was doctored."""
    description, doctored = patient(), deepcopy(patient())
    doctor(doctored)
    return [str(item) for item in unsaid(differences(promises(description), promises(doctored)), changelog)]


def changelog(added: str = "", removed: str = "") -> str:
    return OTHER_PARTS.format(added=added, removed=removed)


def test_what_is_promised_is_what_clients_rely_on_or_the_changelog_says_so() -> None:
    now = promises(openapi.description(REGISTRY))
    open_ones = unsaid(differences(read(KEPT.read_text(encoding="utf-8")), now), CHANGELOG.read_text())
    assert not open_ones, "\n".join([*map(str, open_ones), remedy(open_ones)])


def test_what_is_not_named_is_told_with_what_to_write() -> None:
    description, doctored = patient(), deepcopy(patient())
    before = promises(description)
    need(doctored)
    ANSWERED(doctored)["colour"] = {"type": "string"}
    found = differences(before, promises(doctored))
    assert remedy([]) == ""
    told_of_new = remedy([item for item in found if not item.breaks])
    assert "### Added" in told_of_new
    assert "### Changed" not in told_of_new
    assert "- API: `event.new.document.data.attributes colour`" in remedy(found)


def test_what_is_kept_is_in_order_and_says_it_all() -> None:
    now = promises(openapi.description(REGISTRY))
    assert read(written(now)) == now
    kept = KEPT.read_text(encoding="utf-8")
    assert written(read(kept)) == kept


@pytest.mark.parametrize("said", BREAKING)
def test_what_breaks_a_client_fails(said: str) -> None:
    assert said in told(BREAKING[said])
    name = said.partition(": ")[0]
    in_full = f"- API: `{name}`, and\n  a second line\n"
    assert said in told(BREAKING[said], changelog())
    assert said in told(BREAKING[said], changelog(added=in_full))  # it is not new
    assert said in told(BREAKING[said], changelog(removed=f"- API: `{name.rpartition(' ')[2]}`\n"))
    assert said not in told(BREAKING[said], changelog(removed=in_full))


@pytest.mark.parametrize("said", ADDED)
def test_what_is_new_asks_for_a_line_in_the_changelog(said: str) -> None:
    assert said in told(ADDED[said])
    assert said in told(ADDED[said], changelog(added="- Colours: `colour`, `/v1/colours`, `418`\n"))
    assert said in told(ADDED[said], changelog(added="- API: `colou`, `/v1/colour`, `41`\n"))
    assert said not in told(ADDED[said], changelog(added="- API: `colour`, `/v1/colours`, `418`\n"))


def test_one_line_of_the_changelog_names_a_whole_noun() -> None:
    def add(description: Any) -> None:
        need(description)
        description["paths"]["/v1/colours/{id}"] = description["paths"]["/v1/events/{id}"]
        for name in ("colour", "colour.one"):
            description["components"]["schemas"][name] = description["components"]["schemas"]["event"]

    assert len(told(add)) > 5
    assert told(add, changelog(added="- API: `colour*`")) == [
        "event.new.document.data.attributes colour: is new, and must be sent"
    ]


def test_a_star_stands_for_anything_that_is_gone() -> None:
    def remove(description: Any) -> None:
        ANSWERED(description).pop("name")
        SENT(description).pop("name")

    assert len(told(remove)) == 2
    assert told(remove, changelog(removed="- API: `event.* name` is called title.")) == []
    assert len(told(remove, changelog(removed="- API: `event.attributes *` are gone."))) == 1


def test_examples_and_words_are_no_promises() -> None:
    def reword(description: Any) -> None:
        description["info"]["description"] = "Otherwise"
        operation(description).update(summary="Otherwise", description="Otherwise", tags=["otherwise"])
        operation(description, method="post")["requestBody"]["content"]["application/vnd.api+json"].pop(
            "example"
        )

    assert told(reword) == []
