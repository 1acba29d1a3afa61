"""Routing of the generic endpoints: a path to a resource type and relationship, and the methods there."""

from collections.abc import Callable

from chalicelib.jsonapi.ground.errors import Problem, not_found
from chalicelib.jsonapi.ground.request import Answer, Request
from chalicelib.jsonapi.http import action, crud, relationships
from chalicelib.jsonapi.http.negotiation import demand_document_type, unless_known
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.jsonapi.query.parse import Query, parse

Work = Callable[[Context], Answer]
Works = dict[str, Work]

_SINGLE_ROW = "1"


def work_for(request: Request, registry: Registry) -> Work:
    """The handler of a request. Raises Problem 404, 405 or 415."""
    works = works_at(request, registry)
    method = "GET" if request.method == "HEAD" else request.method
    if works is None or method not in works:
        raise _refusal(request.path, works)
    changes_links = method == "DELETE" and "relationships" in request.path
    if method in {"POST", "PATCH"} or changes_links:
        demand_document_type(request)
    return works[method]


def _refusal(path: tuple[str, ...], works: Works | None) -> Problem:
    methods = {*(works or {}), *action.methods_at(path)}
    if works is None and not methods:
        return not_found()
    if "GET" in methods and action.find("GET", path) is None:
        methods.add("HEAD")
    allowed = sorted({*methods, "OPTIONS"})
    return Problem(405, f"Here you can only {', '.join(allowed)}.", headers={"Allow": ", ".join(allowed)})


def works_at(request: Request, registry: Registry) -> Works | None:
    """The handlers of an address by HTTP method, or None if nothing is there."""
    address = registry.at(request.path[1:]) if request.path[:1] == ("v1",) else None
    if address is None:
        return None
    resource, rest = address
    match rest:
        case ():
            return _collection(resource)
        case (id,):
            return _detail(resource, id)
        case (id, segment):
            relation = registry.related_at(resource, segment)
            return _related(registry, resource, id, relation) if relation else None
        case (id, "relationships", name):
            relation = registry.relations[resource.type].get(name.replace("-", "_"))
            return _relationship(registry, resource, id, relation) if relation else None
    return None


def pattern_of(request: Request, registry: Registry) -> str:
    """The route with {names} for variable parts, e.g. /v1/events/{id}; nothing in it is from the client."""
    for method in ("GET" if request.method == "HEAD" else request.method, *action.methods_at(request.path)):
        verb = action.find(method, request.path)
        if verb is not None:
            return "/" + "/".join(verb[0].pattern)
    address = registry.at(request.path[1:]) if request.path[:1] == ("v1",) else None
    if address is None:
        return "/{unknown}"
    resource, rest = address
    known = works_at(request, registry) is not None  # then the rest is a relationship's name
    shape = ("{id}", *rest[1:])[: len(rest)] if known else ("{unknown}",)
    return "/".join(("/v1", resource.path, *shape))


def _collection(resource: Resource) -> Works:
    if resource.singleton:
        return _detail(resource, _SINGLE_ROW)
    works: Works = {
        "GET": lambda context: crud.list_answer(context, resource),
        "POST": lambda context: crud.create_answer(context, resource),
    }
    return _allowed_methods(resource, works, {"GET": "list", "POST": "create"})


def _detail(resource: Resource, id: str) -> Works:
    if resource.singleton:
        id = _SINGLE_ROW
    works: Works = {
        "GET": lambda context: crud.detail_answer(context, resource, id),
        "PATCH": lambda context: crud.update_answer(context, resource, id),
        "DELETE": lambda context: crud.delete_answer(context, resource, id),
    }
    return _allowed_methods(resource, works, {"GET": "read", "PATCH": "update", "DELETE": "delete"})


def _allowed_methods(resource: Resource, works: Works, offers: dict[str, str]) -> Works:
    return {method: work for method, work in works.items() if offers[method] in resource.methods}


def _related(registry: Registry, resource: Resource, id: str, relation: Relation) -> Works:
    works: Works = {"GET": lambda context: crud.related_answer(context, resource, id, relation)}
    target = registry[relation.target]
    if relation.many:
        if relation.creates:
            works["POST"] = lambda context: crud.create_related_answer(context, resource, id, relation)
        return works

    def there(context: Context) -> str:
        return crud.related_id(context, resource, id, relation)

    if "update" in target.methods:
        works["PATCH"] = lambda context: crud.update_answer(context, target, there(context))
    if "delete" in target.methods:
        works["DELETE"] = lambda context: crud.delete_answer(context, target, there(context))
    return works


def _relationship(registry: Registry, resource: Resource, id: str, relation: Relation) -> Works:
    target = registry[relation.target]

    def asked(context: Context) -> Query:
        return parse(context.request, registry, target, many=relation.many)

    def show(context: Context) -> Answer:
        return unless_known(
            context.request, relationships.show(context, resource, id, relation, asked(context))
        )

    def change(context: Context) -> Answer:
        return relationships.change(context, resource, id, relation, asked(context))

    return {method: show if method == "GET" else change for method in relationships.methods(relation)}
