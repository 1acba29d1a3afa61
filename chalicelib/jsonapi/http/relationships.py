"""Relationship endpoints: the resource linkage of one row, read and changed."""

from dataclasses import replace

from chalicelib.jsonapi.ground.errors import Problem, bad_parameter, forbidden, not_found
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http import preconditions
from chalicelib.jsonapi.http.negotiation import tagged
from chalicelib.jsonapi.http.rendering import linkage_answer, with_warnings
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.query.parse import Query
from chalicelib.jsonapi.read.find import Target, find
from chalicelib.jsonapi.rights.verdicts import evaluate, refused
from chalicelib.jsonapi.write.document import read_linkage


def show(context: Context, resource: Resource, id: str, relation: Relation, query: Query) -> Answer:
    """GET a relationship: all its resource identifiers, or a page where asked for. Raises Problem 400,
    404.
    """
    if query.include is not None:
        raise bad_parameter("include", "A relationship's own address includes nothing.")
    if query.cursor is not None and query.cursor.direction != "first":
        raise bad_parameter(f"page[{query.cursor.direction}]", "A relationship has pages by number only.")
    size = query.size if query.paged else context.request.options.max_page_size
    page = replace(query, size=size, cursor=None)
    target = Target(relation.target, id, resource.type, relation.name, linkage=True)
    result = find(context, target, page)
    if not result.parent:
        raise not_found(relation.missing(resource.singular, id), shared=result.shared)
    return linkage_answer(context.request, page, result, relation.many)


def methods(relation: Relation) -> list[str]:
    """The HTTP methods of a relationship endpoint, including those that answer 403."""
    fixed = relation.required or relation.read_only
    if relation.column is not None and fixed and not relation.all_methods:
        return ["GET", "PATCH"]
    return ["GET", "POST", "PATCH", "DELETE"]


def change(context: Context, resource: Resource, id: str, relation: Relation, query: Query) -> Answer:
    """POST, PATCH or DELETE a relationship. 204 if nothing changed. Raises Problem 401, 403, 404, 412,
    422.
    """
    return preconditions.compared(_change(context, resource, id, relation, query))


def _change(context: Context, resource: Resource, id: str, relation: Relation, query: Query) -> Answer:
    from chalicelib.jsonapi.write.changing import lock_editable  # lazy: a read writes nothing
    from chalicelib.jsonapi.write.linkage import change as change_links

    if resource.is_report:
        raise refused(context, f"A {resource.singular} is computed: nothing of it can be changed.")
    row = lock_editable(context, resource, id, trashed=query.trashed)
    if relation.scope is not None and not evaluate(context, resource, row, [relation.scope])[0]:
        raise not_found(relation.missing(resource.singular, id))  # as for GET
    if relation.read_only:
        raise forbidden(f"{relation.wire} is kept by the server.", "/data")
    preconditions.demand(context, lambda: show(context, resource, id, relation, query))
    context.collect_warnings()
    differs = change_links(context, resource, row, relation, read_linkage(context.request))
    context.session.flush()
    if not differs:
        return Answer(204)
    try:
        shown = tagged(show(context, resource, str(row.id), relation, query))
    except Problem as problem:
        if problem.status != 404:
            raise
        return Answer(204)  # this change has made the row invisible to the viewer
    return with_warnings(shown, context.warnings)
