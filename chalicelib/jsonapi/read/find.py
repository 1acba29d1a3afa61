"""Reading: one statement per question, its answer finished JSON text.

The statement's text depends on the question's shape alone, which has the kind of viewer in it and the roles
that they hold at the event that is asked about. So it is written once (statement.py) and kept; what differs
from request to request travels as parameters.
"""

from dataclasses import dataclass, field
from functools import lru_cache

from sqlalchemy.exc import DBAPIError

from chalicelib import db
from chalicelib.db_errors import sqlstate
from chalicelib.jsonapi.ground import coding
from chalicelib.jsonapi.ground.coding import TooLarge
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.sql import Statement
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.query.parse import Query
from chalicelib.jsonapi.read.objects import filled_in, templates_of
from chalicelib.jsonapi.read.shape import Shape
from chalicelib.jsonapi.read.statement import StatementWriter
from chalicelib.jsonapi.rights import proofs, viewer_parameters
from chalicelib.jsonapi.rights.compiler import Compiler
from chalicelib.jsonapi.rights.verdicts import roles_by_id
from chalicelib.jsonapi.rights.viewer_parameters import KnownRoles
from chalicelib.settings import settings

_NO_ROOM = "54000"  # PostgreSQL: a text has a gigabyte at the most
_MUCH = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """Which rows are meant: one by id, all of a collection, or what a relationship leads to.

    With a `relation`, `id` is that of the `parent` type's row; `linkage` asks for the related
    rows' identifiers only. `known` means that the viewer has a right to this one row already,
    because it is what they just wrote, and `roles` which they have there. `narrow` leaves only rows for
    which it holds.
    """

    type: str
    id: str | None = None
    parent: str | None = None
    relation: str | None = None
    linkage: bool = False
    known: bool = False
    roles: KnownRoles = frozenset()
    narrow: Rule | None = None

    @property
    def how(self) -> str:
        """The sort of question: list, one, related, or known."""
        if self.id is None:
            return "list"
        if self.relation is not None:
            return "related"
        return "known" if self.known else "one"


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found, as JSON text ready to be put between brackets.

    `data` is None when there is no such row; `parent` is False when the row that the
    relationship starts from is not there. `total` counts all pages; with a cursor it counts this
    page, and one more where another page follows. `ends` are the cursors of the first and last row
    in the order of reading. What has megabytes is bytes in UTF-8.
    """

    data: str | bytes | None
    included: str | bytes | None
    total: int
    parent: bool
    ends: list[list[str]] = field(default_factory=list)


def find(context: Context, target: Target, query: Query) -> Found:
    """Answer a question in one statement. Raises TooLarge (400) when that does not fit into an answer."""
    registry = context.registry
    subject = registry[target.parent or target.type]
    by = "id" if target.id is None or is_number(target.id) or subject.identifier is None else "identifier"
    if target.id is not None and by == "id" and not is_number(target.id):
        return Found(None, None, 0, False)
    shape = Shape(
        type=target.type,
        kind=context.viewer.kind,
        how=target.how,
        by=by,
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
    )
    statement, texts, templates = _statement(registry, shape)
    offset = (query.number - 1) * query.size
    given = {**query.values, "id": target.id, "limit": query.size, "offset": offset}
    most = coding.most_bytes(context.request)
    values = viewer_parameters.values(statement, context.viewer, {**given, "most": most})
    try:
        row = db.fetch(context.session, statement.text, values, large=True)[0]
    except DBAPIError as failure:
        if sqlstate(failure) != _NO_ROOM:
            raise
        raise TooLarge(_MUCH, "This is more than the database can put together.", "page[size]") from failure
    large = _too_large(query, row[3], row[6] / most)
    if large is not None:
        large.total = row[2]
        raise large
    if shape.proofs:  # what they open is reached by links that carry them
        carried = proofs.carried(context.viewer.proofs, dict(zip(sorted(shape.proofs), row[7], strict=True)))
        templates = templates_of(texts, carried) if carried else templates
    data, included = (text and filled_in(text, templates) for text in row[:2])
    return Found(data=data, included=included, total=row[2], parent=row[4], ends=row[5] or [])


def _too_large(query: Query, edges: int, share: float) -> TooLarge | None:
    most = settings().max_included
    if edges > most:
        detail = f"This would include more than {most} resources: include less, or ask for smaller pages."
        return TooLarge(edges / most, detail, "include")
    return (
        coding.too_large(share, "page[size]" if query.include is None else "include") if share > 1 else None
    )


@lru_cache(maxsize=1024)
def _statement(registry: Registry, shape: Shape) -> tuple[Statement, list[str], list[list[str]]]:
    """The statement and the texts that are filled into its answer, whole and in pieces."""
    writer = StatementWriter(Compiler(registry, shape.kind, shape.proofs), shape)
    statement = writer.statement()
    return statement, writer.objects.templates, templates_of(writer.objects.templates)
