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
        self.shared: list[str] = []
        self._numbers: dict[str, int] = {}
        self._registry = registry
        self._documents: dict[tuple[str, str], Any] = {}
        self._by_key = {one.key: one for one in everything.operations(registry)}
        self._by_path: dict[str, list[Operation]] = {}
        actions = {f"{one.method} /{'/'.join(one.pattern)}" for listed in ACTIONS.values() for one in listed}
        for one in self._by_key.values():
            if one.key not in actions:
                self._by_path.setdefault(one.path, []).append(one)

    def of_noun(self, resource: Resource) -> list[dict[str, Any]]:
        """Those at the URLs of the resource type."""
        collection = f"/v1/{resource.path}"
        return self._at(collection, f"{collection}/{{id}}")

    def of_relation(self, resource: Resource, relation: Relation) -> list[dict[str, Any]]:
        """Those at the URLs of a relationship. Read-only links can only be read."""
        here = f"/v1/{resource.path}/{{id}}"
        links = f"{here}/relationships/{relation.wire}"
        return [
            one
            for one in self._at(f"{here}/{relation.wire}", links)
            if not (relation.read_only and one["path"] == links and one["method"] != "GET")
        ]

    def of_action(self, action: Action) -> dict[str, Any]:
        """The one of an action."""
        found = self._by_key[f"{action.method} /{'/'.join(action.pattern)}"]
        return {**self._told(found), "about": about(action.run)}

    def document(self, kind: str, type_name: str) -> Any:
        """The example document that creates ("new") or changes ("change") a resource of this type."""
        key = (kind, type_name)
        if key not in self._documents:
            resource = self._registry[type_name]
            made = nouns.new(self._registry, resource) if kind == "new" else nouns.changed(resource)
            self._documents[key] = made
        return self._documents[key]

    def _at(self, *paths: str) -> list[dict[str, Any]]:
        return [self._told(one) for path in paths for one in self._by_path.get(path, ())]

    def _told(self, one: Operation) -> dict[str, Any]:
        told: dict[str, Any] = {
            "method": one.method,
            "path": one.path,
            "title": one.title,
            "who": self._share(one.who),
            "refuses": self._share(_listed(one.refuses)),
            "status": one.status,
        }
        if one.open:
            told["open"] = True
        for key, place in (("ids", "path"), ("needs", "query")):
            there = {given.name: given.example for given in one.parameters if given.place == place}
            if there:
                told[key] = there
        if one.query:
            told["asks"] = one.asks
            told["query"] = self._share(",".join(one.query))
        if one.takes is not None:
            told["takes"] = self._body(one.takes)
        answered = one.gives.get(one.status)
        if answered is not None:
            told["gives"] = self._body(answered)
        return told

    def _body(self, body: Body) -> dict[str, Any]:
        told: dict[str, Any] = {"kind": body.kind}
        if body.type:
            told["type"] = body.type
        if body.media_type != MEDIA_TYPE:
            told["mediaType"] = body.content_type
        if body.example is not None and not self._is_the_nouns(body):
            told["example"] = body.example
        return told

    def _is_the_nouns(self, body: Body) -> bool:
        """Whether the example is the one shown with its resource type."""
        return body.kind in {"new", "change"} and bool(body.example == self.document(body.kind, body.type))

    def _share(self, text: str) -> int:
        """The index of a text that several operations have in common."""
        if text not in self._numbers:
            self._numbers[text] = len(self.shared)
            self.shared.append(text)
        return self._numbers[text]


def _listed(statuses: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(statuses)))
