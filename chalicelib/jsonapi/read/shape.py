"""The cache key of a statement: everything that decides its text, nothing that is a parameter."""

from dataclasses import dataclass

from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.query import filters
from chalicelib.jsonapi.query.cursor import Cursor
from chalicelib.jsonapi.query.parse import Tree
from chalicelib.jsonapi.rights.viewer_parameters import KnownRoles


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything that decides the text of a statement.

    `how` is "list", "one", "related" or "known" (one row, without a visibility check); `by` is the key
    column, "id" or "identifier". `roles` are the viewer's known roles at the row asked for by id, or at its
    parent. `proofs` are the kinds of secrets in the request. `prefix` stands before /v1 in links (None: no
    links), and `most_included` is the limit of included resources.
    """

    type: str
    kind: Kind
    mode: str
    key_column: str = "id"
    parent: str | None = None
    relation: str | None = None
    linkage: bool = False
    include: Tree | None = None
    fields: tuple[tuple[str, tuple[str, ...]], ...] = ()
    sort: tuple[str, ...] = ()
    where: filters.Node | None = None
    trashed: bool = False
    narrow: Rule | None = None
    cursor: Cursor | None = None
    roles: KnownRoles = frozenset()
    proofs: frozenset[str] = frozenset()
    prefix: str | None = ""
    most_included: int = 0
