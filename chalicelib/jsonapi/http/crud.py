"""CRUD handlers of the generic endpoints: list, read, create, update, delete, and related resources."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from chalicelib.jsonapi.ground.errors import not_found, unauthorized
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http import preconditions
from chalicelib.jsonapi.http.negotiation import SAFE, tagged, unless_known
from chalicelib.jsonapi.http.pages import page_answer
from chalicelib.jsonapi.http.rendering import message_answer, resource_answer, with_warnings
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.query.parse import Query, parse
from chalicelib.jsonapi.read.find import Target, find
from chalicelib.jsonapi.rights.verdicts import known_roles, may_be_allowed, refused
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.jsonapi.write.document import Linkage

if TYPE_CHECKING:
    from chalicelib.db import Model


def list_answer(context: Context, resource: Resource, narrow: Rule | None = None) -> Answer:
    """A page of a collection. `narrow` is a further rule that the rows must pass. Raises Problem 401, 403."""
    policy = resource.policy
    if not may_be_allowed(context, resource, policy.see & policy.read & policy.list):
        # To a viewer who can see no row at all, say so rather than show an empty list.
        raise refused(context, f"You may not list {resource.path}.")
    query = _parse_query(context, resource)
    return page_answer(context, Target(resource.type, narrow=narrow), query)


def detail_answer(context: Context, resource: Resource, id: str) -> Answer:
    """One resource; also the answer of an action that has changed it. Raises Problem 404."""
    query = _parse_query(context, resource, many=False)
    if context.request.method not in SAFE:
        context = _at_own_address(context, resource, id)
    return unless_known(context.request, _document(context, resource, id, query))


def create_answer(
    context: Context, resource: Resource, links: dict[str, Linkage | None] | None = None
) -> Answer:
    """Create a resource from the request document. `links` are defaults for relationships, by wire name.

    It may be committed with the statement that reads it: no statement can follow in the transaction.
    """
    from chalicelib.jsonapi.write.rows import create  # lazy: a read writes nothing

    query = _parse_query(context, resource, many=False)
    context.collect_warnings()
    row = create(context, resource, links or {})
    viewer = context.viewer
    if resource.viewer_after_create is not None and viewer.id is None:
        viewer = resource.viewer_after_create(row)
    elif resource.viewer_with_new_roles is not None:
        viewer = resource.viewer_with_new_roles(row, viewer)
    at_home = _at_own_address(context.acting_as(viewer), resource, str(row.id))
    answer = _written(at_home, resource, row, query, 201)
    answer.headers["Location"] = f"{context.request.options.api_prefix}/v1/{resource.path}/{row.id}"
    return answer


def update_answer(context: Context, resource: Resource, id: str) -> Answer:
    """Update a resource from the request document. Raises Problem 401, 403, 404, 409, 412, 422."""
    from chalicelib.jsonapi.write.rows import update  # lazy: a read writes nothing

    query = _parse_query(context, resource, many=False)
    context.collect_warnings()
    row = update(context, resource, id, query, _present(context, resource, id, query))
    return preconditions.compared(_written(context, resource, row, query, 200))


def delete_answer(context: Context, resource: Resource, id: str) -> Answer:
    """Delete a resource. Raises Problem 401, 403, 404, 412."""
    from chalicelib.jsonapi.write.rows import remove  # lazy: a read writes nothing

    query = _parse_query(context, resource, many=False)
    remove(context, resource, id, query, _present(context, resource, id, query))
    return preconditions.compared(message_answer(f"The {resource.singular} has been removed."))


def related_answer(context: Context, resource: Resource, id: str, relation: Relation) -> Answer:
    """The target of a relationship: a page of resources, one resource, or null. Raises Problem 404."""
    target = context.registry[relation.target]
    query = _parse_query(context, target, many=relation.many)
    meant = Target(target.type, id, resource.type, relation.name)
    missing = relation.missing(resource.singular, id)
    if relation.many:
        return page_answer(context, meant, query, missing)
    result = find(context, meant, query)
    if not result.parent:
        raise not_found(missing, shared=result.shared)
    if result.data is None and relation.or_404:
        raise not_found(f"The {resource.singular} has no {relation.wire}.", shared=result.shared)
    return unless_known(context.request, resource_answer(context.request, result))


def narrowed_answer(
    context: Context, type_name: str, id: str, relation: str, name: str, value: str
) -> Answer:
    """The targets of a relationship of the resource `id`, filtered as by filter[name]=value."""
    resource = context.registry[type_name]
    query = (*context.request.query, (f"filter[{name}]", value))
    return related_answer(
        context.asking(query=query), resource, id, context.registry.relation(resource, relation)
    )


def create_related_answer(context: Context, resource: Resource, id: str, relation: Relation) -> Answer:
    """Create a resource of the relationship's target type, linked with `id` unless the document says
    otherwise.
    """
    links: dict[str, Linkage | None] = {}
    if relation.remote is not None and relation.inverse is not None:
        links[relation.inverse.replace("_", "-")] = Linkage(resource.type, id, "/data")
    elif context.viewer.id is not None:  # who is not signed in hears that first
        visible(context, resource.type, id)
    return create_answer(context, context.registry[relation.target], links)


def related_id(context: Context, resource: Resource, id: str, relation: Relation) -> str:
    """The id of the target of a to-one relationship. Raises Problem 404."""
    result = find(context, Target(relation.target, id, resource.type, relation.name, linkage=True), Query())
    if result.data is None:
        raise not_found(f"There is no {relation.wire} of {resource.singular} {id}.")
    return str(json.loads(result.data)["id"])


def demand_state(context: Context, resource: Resource, id: str) -> None:
    """Check the preconditions (If-Match) of an action on a locked row against what GET of it answers.

    Mark the answer as `preconditions.compared`. Raises Problem 412.
    """
    own = _at_own_address(context, resource, id)
    preconditions.demand(own, lambda: _document(own, resource, id, Query()))


def _document(context: Context, resource: Resource, id: str, query: Query) -> Answer:
    result = find(context, Target(resource.type, id), query)
    if result.data is None:
        raise not_found(f"There is no {resource.singular} {id}.", shared=result.shared)
    return resource_answer(context.request, result)


def _written(context: Context, resource: Resource, row: "Model", query: Query, status: int) -> Answer:
    from chalicelib.jsonapi.write.room import is_certain_to_fit  # lazy: a read writes nothing

    # A document that is too large is refused and its change rolled back: commit what is certain to fit.
    fits = query.include is None and is_certain_to_fit(row, context.request.options.max_answer_bytes)
    commits = fits and context.may_commit()
    roles = known_roles(context, resource, row)
    result = find(
        context, Target(resource.type, str(row.id), skip_visibility=True, roles=roles), query, commits=commits
    )
    return with_warnings(tagged(resource_answer(context.request, result, status)), context.warnings)


def _present(context: Context, resource: Resource, id: str, query: Query) -> Callable[[], None]:
    """A function that checks the preconditions (If-Match) once the row is locked."""
    return lambda: preconditions.demand(context, lambda: _document(context, resource, id, query))


def _at_own_address(context: Context, resource: Resource, id: str) -> Context:
    """The context with the resource's own path, so that document and entity tag are as for a GET there."""
    return context.at(("v1", *resource.path.split("/"), id))


def _parse_query(context: Context, resource: Resource, *, many: bool = True) -> Query:
    query = parse(context.request, context.registry, resource, many=many)
    if (query.trashed or query.permanent) and context.viewer.id is None:
        raise unauthorized("Sign in to see or remove what is in the trash.")
    return query
