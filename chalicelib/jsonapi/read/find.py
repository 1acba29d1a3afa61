"""Executes a query: one statement, whose result is complete JSON text.

The statement's text depends only on the query's shape, which includes the kind of viewer and the roles at the
event asked for. It is built once (statement.py) and cached; what differs between requests is parameters.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from chalicelib import db_statements
from chalicelib.db_errors import dbapi_errors, sqlstate
from chalicelib.jsonapi.ground import coding
from chalicelib.jsonapi.ground.coding import TooLarge
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.profiles import is_without_links
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.ground.sql import Statement
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.query.parse import Query
from chalicelib.jsonapi.read.objects import filled_in, templates_of
from chalicelib.jsonapi.read.shape import Shape
from chalicelib.jsonapi.read.sharing import Missing, members_to_miss
from chalicelib.jsonapi.read.statement import StatementWriter
from chalicelib.jsonapi.rights import proofs, viewer_parameters
from chalicelib.jsonapi.rights.compiler import Compiler
from chalicelib.jsonapi.rights.verdicts import roles_by_id
from chalicelib.jsonapi.rights.viewer_parameters import KnownRoles

_NO_ROOM = "54000"  # PostgreSQL: a text is limited to a gigabyte
_MUCH = 10.0
_USUAL_SIZES = frozenset({5, 6, 10, 12, 20, 25, 50, 100})  # of pages: each has statements of its own
_ADDRESS = viewer_parameters.API_ADDRESS.key


@dataclass(frozen=True, slots=True)
class Target:
    """Which rows: one by id, all of a collection, or the targets of a relationship.

    With a `relation`, `id` is the row of type `parent`; `linkage` asks for the resource identifiers only.
    `known` skips the visibility check, for the row that the viewer has just written, and `roles` are the
    viewer's there. `narrow` is a further rule that rows must pass.
    """

    type: str
    id: str | None = None
    parent: str | None = None
    relation: str | None = None
    linkage: bool = False
    skip_visibility: bool = False
    roles: KnownRoles = frozenset()
    narrow: Rule | None = None

    @property
    def mode(self) -> str:
        """The mode: "list", "one", "related", or "known"."""
        if self.id is None:
            return "list"
        if self.relation is not None:
            return "related"
        return "known" if self.skip_visibility else "one"


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The result of a query, as JSON text.

    `data` is None when there is no such row; `parent` is False when the row that the relationship starts from
    is missing. `total` counts all pages; with a cursor it counts this page, plus one if there is another.
    `ends` are the cursors of the first and last row in the order of reading. Megabytes are bytes in UTF-8.
    `shared`: everybody without credentials would get the same, and shared caches may tell it.
    """

    data: str | bytes | None
    included: str | bytes | None
    total: int
    parent: bool
    ends: list[list[str]] = field(default_factory=list)
    shared: bool = False


def find(context: Context, target: Target, query: Query, *, commits: bool = False) -> QueryResult:
    """Run a query in one statement. Raises TooLarge (400) if the result exceeds the size limit of answers.

    With `commits` it is the transaction's last statement, committed in the same round trip.
    """
    registry = context.registry
    subject = registry[target.parent or target.type]
    by = "id" if target.id is None or is_number(target.id) or subject.identifier is None else "identifier"
    if target.id is not None and by == "id" and not is_number(target.id):
        return QueryResult(None, None, 0, False)
    shape = Shape(
        type=target.type,
        kind=context.viewer.kind,
        mode=target.mode,
        key_column=by,
        parent=target.parent,
        relation=target.relation,
        linkage=target.linkage,
        include=query.include,
        fields=query.fields,
        sort=query.sort,
        where=query.where,
        trashed=query.trashed,
        narrow=target.narrow,
        cursor=None if target.linkage else query.cursor,
        roles=target.roles or (roles_by_id(context, subject, target.id) if by == "id" else frozenset()),
        proofs=frozenset(context.viewer.proofs),
        prefix=None if is_without_links(context.request) else context.request.options.api_prefix,
        most_included=context.request.options.max_included,
        first=query.size if query.size in _USUAL_SIZES and query.number == 1 else 0,
    )
    statement, texts, templates, misses = _statement(registry, shape)
    given = {**query.values, "limit": query.size, "offset": (query.number - 1) * query.size, "id": target.id}
    if _ADDRESS in statement.keys:  # the statement of a type with addresses of this API
        given[_ADDRESS] = context.request.api_address
    most = coding.most_bytes(context.request)
    values = viewer_parameters.values(statement, context.viewer, {**given, "most": most})
    row = _row(context, statement, values, commits)
    large = _too_large(context.request, query, row, row[6] / most)
    if large is not None:
        raise large
    shared = misses is not None
    if shape.proofs:  # links to what they unlock carry them
        carried = proofs.carried(context.viewer.proofs, dict(zip(sorted(shape.proofs), row[7], strict=True)))
        templates = templates_of(texts, carried) if carried else templates
        shared = shared and (not carried or _is_missing(target, row))  # without it, it would be the same
    data, included = (text and filled_in(text, templates) for text in row[:2])
    if shared and misses:
        shared = not (misses.search(_text(row[0])) or (row[1] and misses.search(_text(row[1]))))
    return QueryResult(data, included, row[2], row[4], row[5] or [], shared)


def _is_missing(target: Target, row: list[Any]) -> bool:
    """Whether it is a 404: one that hides a row is answered, and shared, as that of what never was."""
    return row[0] is None if target.relation is None else not row[4]


def _text(documents: str | bytes | None) -> str:
    return documents if isinstance(documents, str) else (documents or b"").decode()


def _row(context: Context, statement: Statement, values: list[object], commits: bool) -> list[Any]:
    try:
        if commits:
            return db_statements.fetch_and_commit(context.session, statement.text, values)[0]
        return db_statements.fetch(context.session, statement.text, values, large=True)[0]
    except dbapi_errors() as failure:
        if sqlstate(failure) != _NO_ROOM:
            raise
        raise TooLarge(
            _MUCH, "The result is larger than the database can assemble.", "page[size]"
        ) from failure


def _too_large(request: Request, query: Query, row: list[Any], share: float) -> TooLarge | None:
    most, edges = request.options.max_included, row[3]
    if edges > most:
        detail = f"This would include more than {most} resources: include less, or ask for smaller pages."
        large = TooLarge(edges / most, detail, "include")
    elif share > 1:
        large = coding.too_large(request, share, "page[size]" if query.include is None else "include")
    else:
        return None
    large.total = row[2]
    return large


@lru_cache(maxsize=1024)
def _statement(registry: Registry, shape: Shape) -> tuple[Statement, list[str], list[list[str]], Missing]:
    """The statement; the link templates for its result, as texts, and split at the ids; members_to_miss()."""
    writer = StatementWriter(Compiler(registry, shape.kind, shape.proofs), shape)
    statement = writer.statement()
    templates = writer.objects.templates
    return statement, templates, templates_of(templates), members_to_miss(registry, shape)
