"""The cache key of a statement: everything that decides its text, nothing that is a parameter."""

from typing import NamedTuple

from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.query import filters
from chalicelib.jsonapi.query.cursor import Cursor
from chalicelib.jsonapi.query.parse import Tree
from chalicelib.jsonapi.rights.viewer_parameters import KnownRoles


class Shape(NamedTuple):
    """Everything that decides the text of a statement.

    `mode` is "list", "one", "related" or "known" (one row, without a visibility check); `key_column` is "id"
    or "identifier". `roles` are the viewer's known roles at the row asked for by id, or at its
    parent. `proofs` are the kinds of secrets in the request. `prefix` stands before /v1 in links (None: no
    links), and `most_included` is the limit of included resources. `first` is the page's size, if that is a
    usual one and the page is the first. A named tuple, since each request makes one and looks it up: it is
    made and compared without Python instructions of its own.
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
    first: int = 0
