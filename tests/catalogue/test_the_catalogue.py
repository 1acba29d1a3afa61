"""Every type, attribute, relationship and URL that existing clients rely on is served."""

import json
from typing import Any

import pytest
from marshmallow import fields, validate

from chalicelib import entrypoints  # noqa: F401 - it declares the actions
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.http import action, shapes
from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.jsonapi.model.fields import Computed
from chalicelib.resources import REGISTRY
from tests.catalogue.facts import SOURCE, compact, kept

FACTS = kept()
TYPES = pytest.mark.parametrize("type_name", sorted(FACTS))

KINDS: dict[str, tuple[type, ...]] = {
    "boolean": (fields.Boolean,),
    "integer": (fields.Integer,),
    "number": (fields.Number,),
    "datetime": (fields.DateTime,),
    "email": (fields.String,),
    "url": (fields.String,),
    "string": (fields.String,),
    "array": (fields.List, fields.Raw, Computed),
    "object": (fields.Mapping, fields.Nested, fields.Raw),
}
COMPUTED = {"boolean": "boolean", "integer": "integer|bigint", "number": "numeric|double precision|float"}

# A notification's content follows from what happened; nobody writes it.
MADE_BY_THE_SERVER = {"content"}

# The old server offers it and it always fails there: orders come from a verb of their own.
DEAD = {("POST", "/v1/orders")}

# What the clients expect although the old server's own description lacks it.
EXPECTED_BY_CLIENTS: dict[str, tuple[list[str], list[str]]] = {
    "attendee": (["same-as-buyer"], []),
    "badge-form": (["is-showing-sample-data", "selected-image", "image-url"], []),
    "group": (["modified-at"], []),
    "notification": (["title", "message", "received-at"], []),
    "speaker-invite": (["created-at"], []),
    "speaker": (["location"], []),
    "admin-sales-by-events": (["sales"], []),
    "event": ([], ["role-invites", "discount-codes"]),
    "user": ([], ["access-codes", "discount-codes"]),
    "access-code": ([], ["orders"]),
    "discount-code": ([], ["orders"]),
    "ticket": ([], ["orders"]),
    "custom-form": ([], ["custom-form-options"]),
}


# Lists that have grown since: currencies are those of ISO 4217, as they are for events.
LISTED_LONGER = {"currency"}

# What only some rows of a noun need; tests/resources shows that those do.
REQUIRED_BY_A_RULE = {
    "discount-code": {"event"},  # for tickets
    "station": {"microlocation"},  # where people are checked in or out of a room
    "user_check_in": {"session"},  # anywhere but at a registration desk
}


def test_the_copy_agrees_with_the_source_where_that_is_at_hand() -> None:
    if SOURCE.exists():
        assert compact(json.loads(SOURCE.read_text())) == FACTS
    assert len(FACTS) == 86


def test_every_type_is_there() -> None:
    assert sorted(set(FACTS) - {resource.type for resource in REGISTRY}) == []


@TYPES
def test_every_attribute_is_there_and_says_the_same(type_name: str) -> None:
    resource = REGISTRY[type_name]
    served = {attribute.wire: attribute for attribute in resource.attributes.values()}
    differences = []
    for name, (kind, flags, limits) in FACTS[type_name]["attributes"].items():
        attribute = served.get(name)
        if attribute is None:
            differences.append(f"{name} is missing")
        elif name != "deleted-at":  # which only a null that restores may set, whatever the noun
            found = _differences(attribute, kind, flags, limits)
            differences.extend(f"{name}: {item}" for item in found)
    assert differences == []


def _differences(attribute: Attribute, kind: str, flags: list[str], limits: dict[str, Any]) -> list[str]:
    field = attribute.field
    if isinstance(field, Computed) and field.dump_only:
        made = "read_only" in flags or attribute.wire in MADE_BY_THE_SERVER
        return [] if made else ["is computed, but clients set it"]
    found = []
    if not isinstance(field, KINDS[kind]):
        found.append(f"is a {type(field).__name__}, not a {kind}")
    if field.dump_only != ("read_only" in flags):
        found.append(f"read-only is {field.dump_only}")
    if field.load_only != ("write_only" in flags):
        found.append(f"write-only is {field.load_only}")
    if field.dump_only:
        return found
    if "required" in flags and not field.required:
        found.append("is not required")
    if "nullable" in flags and not field.allow_none:
        found.append("may not be null")
    enums = [set(rule.choices) for rule in field.validators if isinstance(rule, validate.OneOf)]
    if attribute.wire in LISTED_LONGER:
        enums = [enum & set(limits["enum"]) for enum in enums]
    if "enum" in limits and set(limits["enum"]) not in enums:
        found.append(f"allows {enums}, not {limits['enum']}")
    ranges = [rule for rule in field.validators if isinstance(rule, validate.Range)]
    unheeded = [
        limit
        for limit in ("min", "max")
        if isinstance(limits.get(limit), int | float)
        and limits[limit] not in [getattr(rule, limit) for rule in ranges]
    ]
    return found + [f"has no {limit} of {limits[limit]}" for limit in unheeded]


@TYPES
def test_every_relationship_is_there(type_name: str) -> None:
    served = {relation.wire: relation for relation in REGISTRY.relations[type_name].values()}
    expected = FACTS[type_name]["relationships"]
    # Two to-many relationships are declared as to-one by the old server; clients know better.
    lists = {"access-codes", "discount-codes", "role-invites"}
    differences = []
    for name, (target, kind) in expected.items():
        relation = served.get(name)
        if relation is None:
            differences.append(f"{name} is missing")
        elif relation.target != target:
            differences.append(f"{name} leads to {relation.target}, not {target}")
        elif relation.many != (kind == "to-many") and name not in lists:
            differences.append(f"{name} is to-many: {relation.many}")
    assert differences == []


@TYPES
def test_what_creating_requires_is_required(type_name: str) -> None:
    relations = REGISTRY.relations[type_name]
    required = {relation.wire for relation in relations.values() if relation.required or relation.read_only}
    required |= REQUIRED_BY_A_RULE.get(type_name, set())
    assert sorted(set(FACTS[type_name]["requires"]) - required) == []


@TYPES
def test_the_trash_is_where_clients_expect_it(type_name: str) -> None:
    if REGISTRY[type_name].model is not None:  # reports have no trash
        assert REGISTRY[type_name].soft_delete == FACTS[type_name]["soft_delete"]


@TYPES
def test_every_url_answers_its_methods(type_name: str) -> None:
    missing = []
    for path, methods in FACTS[type_name]["urls"]:
        offered = _methods_at(path)
        if {method for method in methods if (method, path) not in DEAD} - offered:
            missing.append(f"{'/'.join(methods)} {path}: only {', '.join(sorted(offered)) or 'nothing'}")
    assert missing == []


@pytest.mark.parametrize("type_name", sorted(EXPECTED_BY_CLIENTS))
def test_what_clients_expect_beyond_is_there(type_name: str) -> None:
    attributes, relationships = EXPECTED_BY_CLIENTS[type_name]
    served = {attribute.wire for attribute in REGISTRY[type_name].attributes.values()}
    related = {relation.wire: relation for relation in REGISTRY.relations[type_name].values()}
    assert sorted(set(attributes) - served) == []
    assert sorted(set(relationships) - related.keys()) == []
    assert [name for name in relationships if not related[name].many] == []


def _methods_at(path: str) -> set[str]:
    segments = tuple(part.replace("{}", "1") for part in path.strip("/").split("/"))
    works = shapes.works_at(Request("GET", segments), REGISTRY) or {}
    return {*works, *action.methods_at(segments)}
