"""What decides the text of a statement, and nothing that differs between two requests of the same shape."""

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

    `how` is "list", "one", "related" or "known" (one row, without asking whether it may be
    seen); `by` is "id" or "identifier". `roles` are those that the viewer is known to have at the row that is
    asked for by its id, or at what it belongs to. `proofs` are the kinds of secrets that the request shows.
    `prefix` stands before /v1 in links, and `most_included` is how many resources an answer includes.
    """

    type: str
    kind: Kind
    how: str
    by: str = "id"
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
    prefix: str = ""
    most_included: int = 0
