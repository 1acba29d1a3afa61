"""Whether every method at every address of every noun, and every action, was among the transactions.

What there is to cover is asked of the server's own tables of addresses, not of its description.
"""

from collections.abc import Iterable, Iterator

import chalicelib.entrypoints  # noqa: F401 - it declares the actions
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.http import action
from chalicelib.jsonapi.http.shapes import works_at
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY

# A method and an address with names in the places of ids.
Place = tuple[str, str]
_ID = "{id}"


def expected() -> set[Place]:
    """Everything that the server answers."""
    every = [item for listed in action.ACTIONS.values() for item in listed if not item.former]
    actions = {(item.method, _named(item.pattern)) for item in every}
    nouns = {
        place
        for resource in REGISTRY
        for path in _addresses(resource)
        for method in works_at(Request("GET", path), REGISTRY) or ()
        if (place := place_of(method, path)) is not None
    }
    return actions | nouns


def place_of(method: str, path: tuple[str, ...]) -> Place | None:
    """Where a request goes, by the server's own way of finding out."""
    found = action.find(method, path)
    if found is not None:
        return method, _named(found[0].pattern)
    at = REGISTRY.at(path[1:]) if path[:1] == ("v1",) else None
    if at is None:
        return None
    resource, rest = at
    return method, "/".join(("v1", resource.path, *([_ID, *rest[1:]] if rest else [])))


def missing(transactions: Iterable[tuple[str, str]]) -> list[Place]:
    """What none of these transactions (method and path) has asked for."""
    done = {place_of(method, segments(path)) for method, path in transactions}
    return sorted(expected() - done)


def segments(path: str) -> tuple[str, ...]:
    """The parts of a path, without its query."""
    return tuple(part for part in path.partition("?")[0].split("/") if part)


def _addresses(resource: Resource) -> Iterator[tuple[str, ...]]:
    collection = ("v1", *resource.path.split("/"))
    if resource.methods or resource.model is not None:
        yield collection
        yield (*collection, "1")
    for relation in REGISTRY.relations[resource.type].values():
        yield (*collection, "1", relation.wire)
        yield (*collection, "1", "relationships", relation.wire)


def _named(pattern: tuple[str, ...]) -> str:
    return "/".join(pattern)
