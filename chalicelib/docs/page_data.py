"""The data of the page at /docs as JSON: an index, and details of each resource type and topic.

The index is fetched with the page: it has what is searched, and grows by little with each type. Details are
fetched when they are shown. A topic is a module of actions. Defaults are left out, to keep downloads small.
"""

import json
import sys
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from chalicelib.docs import examples
from chalicelib.docs.everything import about_noun
from chalicelib.docs.nouns import about, area_of, module_of
from chalicelib.docs.page_attributes import described
from chalicelib.docs.page_operations import Operations
from chalicelib.docs.page_rights import in_words, rights
from chalicelib.docs.prerendered import prerendered
from chalicelib.jsonapi.http.action import ACTIONS, Action
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.settings import VERSION, settings

# Areas that newcomers look for first; the others follow by name.
_FIRST: Final = ("events", "programme", "tickets", "orders", "onsite", "people")
_LONGEST_TITLE: Final = 20


@prerendered("data.json")
def text(registry: Registry) -> str:
    """The index: areas, and the names by which resource types and actions are searched. Built once."""
    operations = _operations(registry)
    return _json(
        {
            "version": VERSION,
            "prefix": path_prefix(),
            "areas": [{"title": area["title"], "nouns": area["nouns"]} for area in areas(registry)],
            "search": {
                "nouns": {resource.type: _names(registry, resource, operations) for resource in registry},
                "topics": [_names_of_topic(operations, topic, actions) for topic, actions in topics()],
            },
        }
    )


@prerendered("details.json")
def all_details(registry: Registry) -> str:
    """The text of each file of details by its name, such as nouns/event.json, as one JSON text.

    One file in the package is half as large as many.
    """
    operations = _operations(registry)
    by_topic: list[dict[str, Any]] = [
        {**topic, "operations": [_action(registry, action, operations) for action in actions]}
        for topic, actions in topics()
    ]
    of_noun: dict[str, list[dict[str, Any]]] = {}
    for action in (action for topic in by_topic for action in topic["operations"]):
        of_noun.setdefault(action.pop("noun", ""), []).append(action)
    nouns = {
        f"nouns/{resource.type}.json": _noun(registry, resource, operations)
        | {"actions": of_noun.get(resource.type, [])}
        for resource in registry
    }
    by_name = {**nouns, **{f"topics/{topic['name']}.json": topic for topic in by_topic}}
    return _json({name: _json(part) for name, part in by_name.items()})


@cache
def details(registry: Registry) -> dict[str, str]:
    """The text of each file of details by its name."""
    texts: dict[str, str] = json.loads(all_details(registry))
    return texts


@cache
def _operations(registry: Registry) -> Operations:
    return Operations(registry)


def path_prefix() -> str:
    """The path before every endpoint, such as "/api"; usually empty."""
    return urlsplit(settings().api_prefix).path.rstrip("/")


def areas(registry: Registry) -> list[dict[str, Any]]:
    """The areas with their resource types: the one with most dependants first, then by name."""
    by_area: dict[str, list[str]] = {}
    for resource in registry:
        by_area.setdefault(area_of(resource), []).append(resource.type)
    named = sorted(by_area, key=lambda area: (_FIRST.index(area) if area in _FIRST else len(_FIRST), area))
    return [_area(name, _main_first(by_area[name], registry), registry) for name in named]


def topics() -> list[tuple[dict[str, str], list[Action]]]:
    """The modules of actions, with their descriptions and actions."""
    by_module: dict[str, list[Action]] = {}
    for listed in ACTIONS.values():
        for action in (action for action in listed if not action.former):
            by_module.setdefault(action.run.__module__, []).append(action)
    return [(_topic(name), by_module[name]) for name in sorted(by_module)]


def _main_first(types: list[str], registry: Registry) -> list[str]:
    main = max(types, key=lambda type_name: len(registry.relations[type_name]))
    return sorted(types, key=lambda type_name: (type_name != main, type_name))


def _area(name: str, members: list[str], registry: Registry) -> dict[str, Any]:
    package = module_of(registry[members[0]]).__name__.rpartition(".")[0]
    said = about(sys.modules[package])
    title = said.partition(":")[0]
    if len(title) > _LONGEST_TITLE:
        title = name.capitalize()
    return {"name": name, "title": title, "about": said, "nouns": members}


def _topic(module: str) -> dict[str, str]:
    name = module.rpartition(".")[2]
    return {
        "name": name.replace("_", "-"),
        "title": name.replace("_", " ").capitalize(),
        "about": about(sys.modules[module]),
    }


def _names(registry: Registry, resource: Resource, operations: Operations) -> dict[str, Any]:
    """What a resource type is found by."""
    relations = registry.relations[resource.type].values()
    return {
        "about": about_noun(resource).partition("\n")[0],
        "path": f"/v1/{resource.path}",
        "operations": [_line(operation) for operation in operations.of_noun(resource)],
        "attributes": " ".join(attribute.wire for attribute in resource.attributes.values()),
        "relationships": " ".join(f"{relation.wire}:{relation.target}" for relation in relations),
    }


def _names_of_topic(operations: Operations, topic: dict[str, str], actions: list[Action]) -> dict[str, Any]:
    """What the actions of a topic are found by."""
    described = [operations.of_action(action) for action in actions]
    lines = [[*_line(action), action["about"].partition("\n")[0]] for action in described]
    return {"name": topic["name"], "operations": lines}


def _line(operation: dict[str, Any]) -> list[str]:
    return [operation["method"], operation["path"], operation["title"]]


def _action(registry: Registry, action: Action, operations: Operations) -> dict[str, Any]:
    description = operations.of_action(action)
    match = registry.at(action.pattern[1:]) if action.pattern[:1] == ("v1",) else None
    return {**description, "noun": match[0].type} if match is not None else description


def _noun(registry: Registry, resource: Resource, operations: Operations) -> dict[str, Any]:
    description: dict[str, Any] = {
        "path": f"/v1/{resource.path}",
        "about": about_noun(resource),
        "operations": operations.of_noun(resource),
        "attributes": [described(resource, attribute) for attribute in resource.attributes.values()],
        "relationships": [
            _relationship(resource, relation, operations)
            for relation in registry.relations[resource.type].values()
        ],
        "rights": rights(resource.policy),
        "new": operations.document("new", resource.type),
        "change": operations.document("change", resource.type),
        "shown": examples.resource_object(registry, resource),
    }
    if resource.aliases:
        description["aliases"] = [f"/v1/{path}" for path in resource.aliases]
    if resource.singleton:
        description["single"] = True
    if resource.soft_delete:
        description["trash"] = True
    if resource.identifier:
        description["identifier"] = resource.identifier.replace("_", "-")
    return description


def _relationship(resource: Resource, relation: Relation, operations: Operations) -> dict[str, Any]:
    description: dict[str, Any] = {
        "name": relation.wire,
        "target": relation.target,
        "operations": operations.of_relation(resource, relation),
    }
    if relation.many:
        description["many"] = True
    if relation.required and relation.name in resource.declared:
        description["required"] = True
    if relation.read_only:
        description["readOnly"] = True
    if relation.paths:
        description["aliases"] = list(relation.paths)
    if relation.same_parent:
        description["within"] = relation.same_parent.replace("_", "-")
    if relation.scope is not None:
        description["seenBy"] = in_words(relation.scope)
    return description


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
