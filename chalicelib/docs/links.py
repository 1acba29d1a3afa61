"""Operations of relationships: related resources, and the links themselves."""

from collections.abc import Iterator
from typing import Any

from chalicelib.auth.viewer import Kind
from chalicelib.docs import examples
from chalicelib.docs.documented import CHANGING, READING
from chalicelib.docs.nouns import (
    MANY,
    ONE,
    a,
    about,
    area_of,
    changed,
    creation,
    id_of,
    module_of,
    operation,
    removal,
)
from chalicelib.docs.operations import (
    PARENT,
    SPARE,
    Body,
    Operation,
)
from chalicelib.docs.who import open_to
from chalicelib.jsonapi.http import relationships
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.jsonapi.model.rules import Rule


def operations(registry: Registry, resource: Resource) -> Iterator[Operation]:
    """All operations on the relationships of a resource type."""
    for relation in registry.relations[resource.type].values():
        yield from _related(registry, resource, relation)
        yield from _links(registry, resource, relation)


def _related(registry: Registry, resource: Resource, relation: Relation) -> Iterator[Operation]:
    """Operations at the related URL."""
    target = registry[relation.target]
    path = f"/v1/{resource.path}/{{id}}/{relation.wire}"
    words = relation.wire.replace("-", " ")
    yield operation(
        registry, resource, "GET", path, f"Read the {words} of {a(resource.singular)}",
        description=about(module_of(target)) + _also(resource, relation),
        rules=(resource.policy.see, *_scope(relation)),
        parameters=(id_of(resource),),
        asks=target.type,
        query=MANY if relation.many else ONE,
        gives={200: Body(_kind(relation), target.type), 304: None},
        refuses=READING,
    )  # fmt: skip
    if relation.many:
        if relation.creates:
            made = creation(registry, target, path, id_of(resource, PARENT))
            yield _moved(made, resource, f"Create {a(target.singular)} among the {words}")
        return
    if "update" in target.methods:
        change = operation(
            registry, target, "PATCH", path, f"Change the {words} of {a(resource.singular)}",
            description=about(module_of(target)),
            rules=(target.policy.change,),
            parameters=(id_of(resource),),
            asks=target.type,
            query=ONE,
            takes=Body("change", target.type, changed(target)),
            gives={200: Body("one", target.type)},
            refuses=CHANGING,
        )  # fmt: skip
        yield _moved(change, resource, change.title)
    if "delete" in target.methods:
        gone = removal(registry, target, path, id_of(resource, SPARE))
        yield _moved(gone, resource, f"Remove the {words} of {a(resource.singular)}")


def _links(registry: Registry, resource: Resource, relation: Relation) -> Iterator[Operation]:
    """Operations at the relationship's own URL."""
    path = f"/v1/{resource.path}/{{id}}/relationships/{relation.wire}"
    kind = "links" if relation.many else "link"
    identifier = examples.identifier(relation.target)
    known: Any = [identifier] if relation.many else identifier
    words = relation.wire.replace("-", " ")
    target = registry[relation.target]
    for method in relationships.methods(relation):
        title = f"{_VERBS[method]} the links from {a(resource.singular)} to its {words}"
        common: dict[str, Any] = {"parameters": (id_of(resource),), "asks": target.type}
        if method == "GET":
            yield operation(
                registry, resource, method, path, title,
                description="",
                rules=(resource.policy.see, *_scope(relation)),
                query=("sort", "filter", "page") if relation.many else (),
                gives={200: Body(kind, relation.target, known), 304: None},
                refuses=READING,
                **common,
            )  # fmt: skip
            continue
        sent, status, left = _tried(registry, relation, method, known)
        gives = {200: Body(kind, relation.target, left), 204: None}
        refusals: tuple[int, ...] = CHANGING
        if status not in gives:
            refusals = (status, *(refusal for refusal in refusals if refusal != status))
        ordered = {given: gives[given] for given in sorted(gives, key=lambda given: given != status)}
        yield operation(
            registry, resource, method, path, title,
            description=_KEPT if relation.read_only else "",
            rules=(resource.policy.change,),
            query=("trashed",) if resource.soft_delete else (),
            takes=Body(f"sent.{kind}", relation.target, {"data": sent}),
            gives={} if status >= 400 and relation.read_only else ordered,
            refuses=refusals,
            **common,
        ).but(expects=status)  # fmt: skip


_VERBS = {"GET": "Read", "POST": "Add to", "PATCH": "Replace", "DELETE": "Remove some of"}
_KEPT = "These links are kept by the server, so the answer is always 403."


def _tried(registry: Registry, relation: Relation, method: str, known: Any) -> tuple[Any, int, Any]:
    """Example of changing links: (body, status, links in the answer)."""
    nothing: Any = [] if relation.many else None
    if relation.read_only or not _is_editable(registry, relation.owner):
        return known, 403, None
    fixed = relation.remote is not None and not _is_editable(registry, relation.target)
    if fixed and not relation.required:
        return (
            {"POST": known, "PATCH": nothing, "DELETE": known}[method],
            204 if method == "POST" else 403,
            known,
        )
    if relation.required:
        if method == "DELETE":
            return known, 403 if relation.many or relation.column is None else 422, None
        return known, 204, known
    if method == "POST":
        return known, 204, known
    return nothing if method == "PATCH" else known, 200, nothing


def _kind(relation: Relation) -> str:
    return "many" if relation.many else "one" if relation.or_404 else "perhaps"


def _is_editable(registry: Registry, type_name: str) -> bool:
    resource = registry[type_name]
    return open_to(Kind.SUPER_ADMIN, registry, resource, resource.policy.change)


def _scope(relation: Relation) -> tuple[Rule, ...]:
    return (relation.scope,) if relation.scope is not None else ()


def _also(resource: Resource, relation: Relation) -> str:
    others = ", ".join(f"/v1/{resource.path}/{{id}}/{segment}" for segment in relation.paths)
    return f"\n\nAlso at {others}." if others else ""


def _moved(operation: Operation, resource: Resource, title: str) -> Operation:
    """The operation, described at the resource type where the relationship starts."""
    return operation.but(title=title, noun=resource.type, area=area_of(resource))
