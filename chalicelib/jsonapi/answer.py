"""From a request to an answer: addresses, negotiation, entity tags and errors.

Actions come first, then the generic shapes: a collection, a resource, what is related to it, and
the relationship itself. One request is one transaction.
"""

from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from chalicelib import db, log
from chalicelib.auth import tokens, viewer
from chalicelib.jsonapi import action, linkage, write
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.document import (
    collection_answer,
    error_answer,
    message_answer,
    resource_answer,
)
from chalicelib.jsonapi.errors import Problem, Problems, not_found, unauthorized
from chalicelib.jsonapi.failures import problem_of
from chalicelib.jsonapi.negotiation import (
    demand_acceptable,
    demand_document_type,
    demand_unchanged,
    unless_known,
)
from chalicelib.jsonapi.query import Query, parse
from chalicelib.jsonapi.read import Target, find
from chalicelib.jsonapi.request import Answer, Request
from chalicelib.jsonapi.resource import Registry, Resource
from chalicelib.settings import settings

_COLLECTION = {"GET": "list", "POST": "create"}
_DETAIL = {"GET": "read", "PATCH": "update", "DELETE": "delete"}

Work = Callable[[Context], Answer]


def respond(request: Request, registry: Registry) -> Answer:
    """Answer a request. Never raises: whatever goes wrong becomes an error document."""
    try:
        answer = _answered(request, registry)
    except Problems as several:
        answer = error_answer(several.problems)
    except Problem as problem:
        answer = error_answer([problem])
    except Exception as failure:
        log.error("request failed", failure, method=request.method, path="/".join(request.path))
        answer = error_answer([Problem(500, "Something went wrong on our side; it has been recorded.")])
    if request.method == "HEAD":
        answer.body = ""
    answer.headers.setdefault("Vary", "Accept")
    return answer


def _answered(request: Request, registry: Registry) -> Answer:
    found = action.find("GET" if request.method == "HEAD" else request.method, request.path)
    if found is not None:
        chosen, parameters = found
        return _in_transaction(
            request, registry, lambda context: chosen.run(context, **parameters), chosen.reads_token
        )
    work = _generic(request, registry)
    demand_acceptable(request)
    return _in_transaction(request, registry, work, reads_token=True)


def _in_transaction(request: Request, registry: Registry, work: Work, reads_token: bool) -> Answer:
    try:
        return _once(request, registry, work, reads_token)
    except DBAPIError as failure:
        if db.is_disconnect(failure) and request.method in {"GET", "HEAD"}:
            # The connection died between two requests; reading again on a new one is safe.
            return _once(request, registry, work, reads_token)
        raise


def _once(request: Request, registry: Registry, work: Work, reads_token: bool) -> Answer:
    resource = registry.at(request.path[1]) if len(request.path) > 1 else None
    try:
        with db.transaction() as session:
            context = Context(session, viewer.NOBODY, request, registry)
            if reads_token and "authorization" in request.headers:
                context.viewer = _signed_in(context, request.headers["authorization"])
            return work(context)
    except DBAPIError as failure:
        problem = problem_of(failure, resource)
        if problem is None:
            raise
        raise problem from failure


def _signed_in(context: Context, header: str) -> viewer.Viewer:
    claims = tokens.from_header(header)
    found = viewer.load(context.session, claims.user_id)
    if found is None:
        raise unauthorized("The account of this token may not act: it is blocked or deleted.")
    return found if not claims.fresh else viewer.as_fresh(found)


def _generic(request: Request, registry: Registry) -> Work:
    """The work for one of the generic shapes. Raises Problem 404 or 405."""
    path, method = request.path, "GET" if request.method == "HEAD" else request.method
    resource = registry.at(path[1]) if len(path) > 1 and path[0] == "v1" else None
    if resource is None or len(path) > 5:
        raise _wrong_method(path, []) if action.methods_at(path) else not_found()
    if len(path) == 2:
        allowed = [name for name, offer in _COLLECTION.items() if offer in resource.offers]
        works = {"GET": _list, "POST": _create}
        return _chosen(request, allowed, method, lambda context: works[method](context, resource))
    id = path[2]
    if len(path) == 3:
        allowed = [name for name, offer in _DETAIL.items() if offer in resource.offers]
        works_one = {"GET": _read, "PATCH": _update, "DELETE": _delete}
        return _chosen(request, allowed, method, lambda context: works_one[method](context, resource, id))
    relation = registry.relations[resource.type].get(path[-1].replace("-", "_"))
    if relation is None or (len(path) == 5 and path[3] != "relationships"):
        raise _wrong_method(path, []) if action.methods_at(path) else not_found()
    if len(path) == 4:
        return _chosen(
            request, ["GET"], method, lambda context: _related(context, resource, id, relation.name)
        )
    allowed = linkage.methods(relation)
    if method == "GET":
        return lambda context: unless_known(
            request,
            linkage.show(
                context, resource, id, relation, parse(request, registry, registry[relation.target])
            ),
        )
    query = Query(trashed=request.flag("get_trashed", "with_trashed"))
    return _chosen(
        request, allowed, method, lambda context: linkage.change(context, resource, id, relation, query)
    )


def _chosen(request: Request, allowed: list[str], method: str, work: Work) -> Work:
    if method not in allowed:
        raise _wrong_method(request.path, allowed)
    takes_body = method in {"POST", "PATCH"} or (method == "DELETE" and len(request.path) == 5)
    if takes_body:
        demand_document_type(request)
    return work


def _wrong_method(path: tuple[str, ...], allowed: list[str]) -> Problem:
    methods = sorted({*allowed, *action.methods_at(path), *(["HEAD"] if "GET" in allowed else []), "OPTIONS"})
    return Problem(405, f"Here you can only {', '.join(methods)}.", headers={"Allow": ", ".join(methods)})


def _list(context: Context, resource: Resource) -> Answer:
    query = _asked(context, resource)
    found = find(context, Target(resource.type), query)
    return unless_known(context.request, collection_answer(context.request, query, found))


def _read(context: Context, resource: Resource, id: str) -> Answer:
    return unless_known(context.request, _document(context, resource, id))


def _document(context: Context, resource: Resource, id: str) -> Answer:
    found = find(context, Target(resource.type, id), _asked(context, resource))
    if found.data is None:
        raise not_found(f"There is no {resource.singular} {id}.")
    return resource_answer(context.request, found)


def _related(context: Context, resource: Resource, id: str, name: str) -> Answer:
    relation = context.registry.relations[resource.type][name]
    target = context.registry[relation.target]
    query = _asked(context, target)
    found = find(context, Target(target.type, id, resource.type, name), query)
    if not found.parent:
        raise not_found(f"There is no {resource.singular} {id}.")
    if relation.many:
        return unless_known(context.request, collection_answer(context.request, query, found))
    return unless_known(context.request, resource_answer(context.request, found))


def _create(context: Context, resource: Resource) -> Answer:
    query = _asked(context, resource)
    row = write.create(context, resource)
    if resource.creator_becomes is not None and context.viewer.id is None:
        context.viewer = resource.creator_becomes(row)
    return _written(context, resource, row.id, query, 201)


def _update(context: Context, resource: Resource, id: str) -> Answer:
    query = _asked(context, resource)
    _demand_if_match(context, resource, id)
    row = write.update(context, resource, id, query)
    return _written(context, resource, row.id, query, 200)


def _delete(context: Context, resource: Resource, id: str) -> Answer:
    query = _asked(context, resource)
    _demand_if_match(context, resource, id)
    write.remove(context, resource, id, query)
    return message_answer(f"The {resource.singular} has been removed.")


def _written(context: Context, resource: Resource, id: int, query: Query, status: int) -> Answer:
    found = find(context, Target(resource.type, str(id), known=True), query)
    answer = resource_answer(context.request, found, status)
    if status == 201:
        answer.headers["Location"] = f"{settings().api_prefix}/v1/{resource.path}/{id}"
    return answer


def _demand_if_match(context: Context, resource: Resource, id: str) -> None:
    if "if-match" in context.request.headers:
        demand_unchanged(context.request, _document(context, resource, id))


def _asked(context: Context, resource: Resource) -> Query:
    query = parse(context.request, context.registry, resource)
    if (query.trashed or query.permanent) and context.viewer.id is None:
        raise unauthorized("Sign in to see or remove what is in the trash.")
    return query
