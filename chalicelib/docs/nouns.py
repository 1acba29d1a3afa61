"""Generic CRUD operations of resource types: list, create, read, update, delete, as far as offered."""

import inspect
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from chalicelib.auth.viewer import Kind
from chalicelib.docs import examples, schemas
from chalicelib.docs.documented import CHANGING, CREATING, READING, REMOVING, limited
from chalicelib.docs.operations import (
    LINKED,
    PARENT,
    SPARE,
    Body,
    Operation,
    Parameter,
)
from chalicelib.docs.refusals import ASKING_SERVICES
from chalicelib.docs.who import open_to, who_may
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.jsonapi.model.rules import Rule

ONE = ("include", "fields")
MANY = ("include", "fields", "sort", "filter", "page", "trashed")
PAGED_BY_CURSOR = "cursor"


def module_of(resource: Resource) -> ModuleType:
    """The module that declares the resource type."""
    return sys.modules[resource.schema_class.__module__]


def area_of(resource: Resource) -> str:
    """The name of the package of that module."""
    return module_of(resource).__name__.split(".")[-2]


def about(thing: object) -> str:
    """A docstring as text: one line per paragraph, separated by blank lines."""
    paragraphs = (inspect.getdoc(thing) or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def id_of(resource: Resource, example: str = LINKED, name: str = "id") -> Parameter:
    """The path parameter with the id."""
    if resource.singleton:
        return Parameter(name, example, "Whatever stands here: there is only one", free=True)
    also = f", or its {resource.identifier}" if resource.identifier else ""
    return Parameter(name, example, f"The id of the {resource.singular}{also}")


def operations(registry: Registry, resource: Resource) -> Iterator[Operation]:
    """Operations at the URLs of the resource type itself."""
    collection = f"/v1/{resource.path}"
    if resource.singleton:
        yield from _of_one(registry, resource, collection, ())
    elif "list" in resource.methods:
        yield _list(registry, resource, collection)
    if "create" in resource.methods:
        yield creation(registry, resource, collection)
    yield from _of_one(registry, resource, f"{collection}/{{id}}", (id_of(resource),))


def _list(registry: Registry, resource: Resource, path: str) -> Operation:
    policy = resource.policy
    return operation(
        registry, resource, "GET", path, f"List {_plural(resource)}",
        rules=(policy.see, policy.read, policy.list),
        query=(*MANY, PAGED_BY_CURSOR),
        gives={200: Body("many", resource.type), 304: None},
        refuses=(400, 401, 403, 406),
    )  # fmt: skip


def creation(registry: Registry, resource: Resource, path: str, *given: Parameter) -> Operation:
    """POST of a new resource, to the collection or to a relationship that allows it."""
    return operation(
        registry, resource, "POST", path, f"Create {a(resource.singular)}",
        rules=(resource.policy.create,),
        parameters=given,
        query=ONE,
        takes=Body("new", resource.type, new(registry, resource)),
        gives={201: Body("one", resource.type)},
        refuses=(*CREATING, *limited(resource.limited_by)),
    )  # fmt: skip


def _of_one(
    registry: Registry, resource: Resource, path: str, parameters: tuple[Parameter, ...]
) -> Iterator[Operation]:
    policy, singular = resource.policy, resource.singular
    if "read" in resource.methods:
        yield operation(
            registry, resource, "GET", path, f"Read {a(singular)}",
            rules=(policy.see, policy.read),
            parameters=parameters,
            query=(*ONE, "trashed"),
            gives={200: Body("one", resource.type), 304: None},
            refuses=READING,
        )  # fmt: skip
    if "update" in resource.methods:
        yield operation(
            registry, resource, "PATCH", path, f"Change {a(singular)}",
            rules=(policy.change,),
            parameters=parameters,
            query=(*ONE, "trashed"),
            takes=Body("change", resource.type, changed(resource)),
            gives={200: Body("one", resource.type)},
            refuses=(*CHANGING, *limited(resource.limited_by)),
        )  # fmt: skip
    if "delete" in resource.methods:
        yield removal(
            registry, resource, path, *(id_of(resource, SPARE, parameter.name) for parameter in parameters)
        )


def removal(registry: Registry, resource: Resource, path: str, *parameters: Parameter) -> Operation:
    """DELETE of a resource."""
    trash = " It goes to the trash, from where it can come back." if resource.soft_delete else ""
    return operation(
        registry, resource, "DELETE", path, f"Remove {a(resource.singular)}",
        description=f"{about(module_of(resource))}{trash}",
        rules=(resource.policy.remove,),
        parameters=parameters,
        query=(*ONE, "trashed", "permanent") if resource.soft_delete else ONE,
        gives={200: Body("message", example=f"The {resource.singular} has been removed.")},
        refuses=REMOVING,
    )  # fmt: skip


def new(registry: Registry, resource: Resource) -> dict[str, Any]:
    """An example document that creates a resource, with the required relationships."""
    data: dict[str, Any] = {"type": resource.type, "attributes": examples.attributes(resource)}
    links = {link.wire: link for link in schemas.required_links(registry, resource)}
    for name in getattr(resource.schema_class, "example_links", ()):
        relation = registry.relation(resource, name)
        links[relation.wire] = relation
    if links:
        data["relationships"] = {
            name: {"data": [identifier] if link.many else identifier}
            for name, link in links.items()
            for identifier in [examples.identifier(link.target, PARENT)]
        }
    return {"data": data}


def changed(resource: Resource, id: str = LINKED) -> dict[str, Any]:
    """An example document that updates a resource."""
    return {"data": {"type": resource.type, "id": id, "attributes": examples.changes(resource)}}


def operation(
    registry: Registry,
    resource: Resource,
    method: str,
    path: str,
    title: str,
    *,
    rules: tuple[Rule, ...],
    **values: Any,
) -> Operation:
    """An Operation on a resource type, open to viewers who pass the rules. `values` are fields of Operation.

    By default it has the type's description and query parameters.
    """
    if "description" not in values:
        values["description"] = about(module_of(resource))
    if resource.type in ASKING_SERVICES and method != "GET":
        values["refuses"] = (*values["refuses"], 429, 502)
    return Operation(
        method,
        path,
        title,
        area=area_of(resource),
        noun=resource.type,
        who=who_may(*rules),
        open=open_to(Kind.NOBODY, registry, resource, *rules),
        **{"asks": resource.type, **values},
    )


def a(noun: str) -> str:
    """The word with its indefinite article."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _plural(resource: Resource) -> str:
    return resource.path.rpartition("/")[2].replace("-", " ").replace("_", " ")
