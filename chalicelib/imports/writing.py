"""Writes one resource of an imported file as a client's POST or PATCH would, in the caller's transaction.

The engine's own create and update do it: permissions, validation, limits, hooks, derived columns, signals.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.exc import DBAPIError

from chalicelib import db
from chalicelib.db import Model
from chalicelib.jsonapi.ground.errors import Problem, invalid
from chalicelib.jsonapi.http import limited, retry
from chalicelib.jsonapi.http.failures import problem_of
from chalicelib.jsonapi.model.context import AskFirst, Context
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.query.parse import Query
from chalicelib.jsonapi.write import rows
from chalicelib.limits.limit import Counts, Limit, Subject, counters_of

MADE: Final = "made"
CHANGED: Final = "changed"
UNCHANGED: Final = "unchanged"
REFUSED: Final = "refused"

Links = Mapping[str, int | Sequence[int] | None]


@dataclass(frozen=True, slots=True)
class Written:
    """A row that was written, and what that has done to it: MADE, CHANGED or UNCHANGED."""

    row: Model
    action: str


def write(
    context: Context, type: str, attributes: Mapping[str, Any], links: Links, id: int | None = None
) -> Written:
    """Create a resource of the type, or change the one with this id, for the context's viewer.

    `attributes` are by wire name, in the forms that a client would send; `links` are ids by the wire name of
    the relationship, a list for a to-many one. Nothing is left of a write that is refused. Raises Problem and
    Problems as the endpoints do, with JSON pointers into the document of one resource; DBAPIError where the
    database itself fails, which may be tried again.
    """
    resource = context.registry[type]
    writes = "create" if id is None else "update"
    if writes not in resource.methods and not (id is None and _is_created_below(context, resource, links)):
        raise Problem(405, f"No {resource.singular} is written this way.")
    with whole_or_nothing(context, resource):
        return _written(_request(context, resource, attributes, links, id), resource, id)


@contextmanager
def whole_or_nothing(context: Context, resource: Resource) -> Iterator[None]:
    """Within the block, nothing is left of writes one of which is refused.

    An error of the database about the resource becomes a Problem, as the endpoints answer it; one that may be
    tried again stays a DBAPIError.
    """
    try:
        with db.savepoint(context.session):
            yield
    except AskFirst:
        raise invalid("This would ask another service, which an import does not.") from None
    except DBAPIError as failure:
        problem = None if retry.is_retryable(failure, context.registry) else problem_of(failure, resource)
        if problem is None or problem.status == 503:
            raise
        raise problem from failure


def _is_created_below(context: Context, resource: Resource, links: Links) -> bool:
    """Whether a client creates it at the address of what it is linked with, such as a field's options."""
    relations = context.registry.relations
    return any(
        relations[relation.target][relation.inverse].creates
        for wire in links
        if (relation := context.registry.relation(resource, wire)).inverse
    )


def _written(context: Context, resource: Resource, id: int | None) -> Written:
    if id is not None:
        row, changed = rows.update_and_compare(context, resource, str(id), Query(), lambda: None)
        return Written(row, CHANGED if changed else UNCHANGED)
    row = rows.create(context, resource, {})
    _count(context, resource)
    return Written(row, MADE)


def _count(context: Context, resource: Resource) -> None:
    """Count it for the type's rate limits, as the endpoint does. Raises TooMany."""
    if not resource.limited_by:
        return
    limits = [limit for limit in resource.limited_by if isinstance(limit, Limit)]
    counting = [limit for limit in limits if limit.counts is not Counts.MISSED]
    subject = Subject(account=context.viewer.id, body=json.loads(context.request.body))
    limited.demand(context, *counters_of(counting, subject))


def _request(
    context: Context, resource: Resource, attributes: Mapping[str, Any], links: Links, id: int | None
) -> Context:
    """The context of the request that a client would send."""
    document: dict[str, Any] = {"type": resource.type, "attributes": dict(attributes)}
    if id is not None:
        document["id"] = str(id)
    if links:
        document["relationships"] = {
            wire: {"data": _linkage(context, resource, wire, linked)} for wire, linked in links.items()
        }
    path = ("v1", *resource.path.split("/"), *(() if id is None else (str(id),)))
    return context.asking(
        method="POST" if id is None else "PATCH",
        path=path,
        query=(),
        headers={},
        body=json.dumps({"data": document}, ensure_ascii=True).encode(),
    )


def _linkage(context: Context, resource: Resource, wire: str, linked: Any) -> Any:
    target = context.registry.relation(resource, wire).target
    if linked is None:
        return None
    if isinstance(linked, int):
        return {"type": target, "id": str(linked)}
    return [{"type": target, "id": str(id)} for id in linked]
