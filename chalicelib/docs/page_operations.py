"""Operations for the page at /docs: request, answers, and who may make it.

The same operations as in both API descriptions, so that every example is tested. What follows from the
resource type is left out.
"""

from collections.abc import Iterable
from typing import Any

from chalicelib.docs import everything, nouns
from chalicelib.docs.nouns import about
from chalicelib.docs.operations import Body, Operation
from chalicelib.jsonapi.ground.request import MEDIA_TYPE
from chalicelib.jsonapi.http.action import ACTIONS, Action
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Registry, Resource


class Operations:
    """All operations, by what they belong to."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._documents: dict[tuple[str, str], Any] = {}
        self._by_key = {operation.key: operation for operation in everything.operations(registry)}
        self._by_path: dict[str, list[Operation]] = {}
        actions = {
            f"{action.method} /{'/'.join(action.pattern)}" for listed in ACTIONS.values() for action in listed
        }
        for operation in self._by_key.values():
            if operation.key not in actions:
                self._by_path.setdefault(operation.path, []).append(operation)

    def of_noun(self, resource: Resource) -> list[dict[str, Any]]:
        """Those at the URLs of the resource type."""
        collection = f"/v1/{resource.path}"
        return self._at(collection, f"{collection}/{{id}}")

    def of_relation(self, resource: Resource, relation: Relation) -> list[dict[str, Any]]:
        """Those at the URLs of a relationship. Read-only links can only be read."""
        here = f"/v1/{resource.path}/{{id}}"
        links = f"{here}/relationships/{relation.wire}"
        return [
            operation
            for operation in self._at(f"{here}/{relation.wire}", links)
            if not (relation.read_only and operation["path"] == links and operation["method"] != "GET")
        ]

    def of_action(self, action: Action) -> dict[str, Any]:
        """The one of an action."""
        operation = self._by_key[f"{action.method} /{'/'.join(action.pattern)}"]
        return {**self._told(operation), "about": about(action.run)}

    def document(self, kind: str, type_name: str) -> Any:
        """The example document that creates ("new") or changes ("change") a resource of this type."""
        key = (kind, type_name)
        if key not in self._documents:
            resource = self._registry[type_name]
            made = nouns.new(self._registry, resource) if kind == "new" else nouns.changed(resource)
            self._documents[key] = made
        return self._documents[key]

    def _at(self, *paths: str) -> list[dict[str, Any]]:
        return [self._told(operation) for path in paths for operation in self._by_path.get(path, ())]

    def _told(self, operation: Operation) -> dict[str, Any]:
        description: dict[str, Any] = {
            "method": operation.method,
            "path": operation.path,
            "title": operation.title,
            "who": operation.who,
            "refuses": _listed(operation.refuses),
            "status": operation.status,
        }
        if operation.open:
            description["open"] = True
        for key, place in (("ids", "path"), ("needs", "query")):
            there = {given.name: given.example for given in operation.parameters if given.place == place}
            if there:
                description[key] = there
        if operation.query:
            description["asks"] = operation.asks
            description["query"] = ",".join(operation.query)
        if operation.takes is not None:
            description["takes"] = self._body(operation.takes)
        answered = operation.gives.get(operation.status)
        if answered is not None:
            description["gives"] = self._body(answered)
        return description

    def _body(self, body: Body) -> dict[str, Any]:
        description: dict[str, Any] = {"kind": body.kind}
        if body.type:
            description["type"] = body.type
        if body.media_type != MEDIA_TYPE:
            description["mediaType"] = body.content_type
        if body.example is not None and not self._is_the_nouns(body):
            description["example"] = body.example
        return description

    def _is_the_nouns(self, body: Body) -> bool:
        """Whether the example is the one shown with its resource type."""
        return body.kind in {"new", "change"} and bool(body.example == self.document(body.kind, body.type))


def _listed(statuses: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(statuses)))
