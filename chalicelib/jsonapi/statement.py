"""Writes the one statement that answers a question with finished documents.

Common table expressions, in order: `parent` (where a relationship starts), `n0` (the rows asked
for), `n1 ...` (one per include path: pairs of parent and id), `k0 ...` (ids to include, per type)
and `l0 ...` (linkage per type and relationship). PostgreSQL puts the JSON text together, which
is several times cheaper than fetching columns and doing it in Python.
"""

from dataclasses import dataclass

from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi import filters
from chalicelib.jsonapi.ask import Ask
from chalicelib.jsonapi.cursor import Cursor
from chalicelib.jsonapi.objects import ObjectWriter
from chalicelib.jsonapi.policy import TRUE, Rule, all_of, any_of, living, shown
from chalicelib.jsonapi.query import Tree
from chalicelib.jsonapi.relation import Relation
from chalicelib.jsonapi.resource import Resource
from chalicelib.settings import settings


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything that decides the text of a statement.

    `how` is "list", "one", "related" or "known" (one row, without asking whether it may be
    seen); `by` is "id" or "identifier". `foreign` says that the viewer holds no role at the row with
    this id, which matters where such rows are what roles are held at.
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
    foreign: bool = False


class StatementWriter:
    """Writes one statement; its parameters are collected in `ask`."""

    def __init__(self, ask: Ask, shape: Shape) -> None:
        self.ask = ask
        self.shape = shape
        self.registry = ask.registry
        self.root = ask.registry[shape.type]
        self.through: Relation | None = None
        if shape.how == "related":
            self.through = self.registry.relations[shape.parent or ""][shape.relation or ""]
        self.many = shape.how == "list" or (self.through is not None and self.through.many)
        self.cursor = shape.cursor if self.many else None
        self.parts: list[str] = []
        self.edges: list[str] = []
        # type -> the expressions that hold ids of included rows
        self.included_by: dict[str, list[str]] = {}
        self.objects = ObjectWriter(ask, dict(shape.fields), self.parts)

    def statement(self) -> str:
        """SELECT data, included, total, number of edges, whether the parent is there, cursors."""
        parent = self._parent()
        self._rows()
        self._include(self.root, "n0", self.shape.include or ())
        included = self._included()
        if self.shape.linkage:
            documents = self.objects.identifiers(self.root, "n0 t")
        else:
            documents = self.objects.documents(self.root, "n0 t", ordered=True)
        if self.many:
            direction = " DESC" if self.cursor and self.cursor.backwards else ""
            joined = f"string_agg(doc, ',' ORDER BY \"_ord\"{direction})"
            data = f"(SELECT coalesce({joined}, '') FROM ({documents}) d)"
            total = "(SELECT count(*) FROM m0)"
            if self.cursor is None:
                total = f"(SELECT count(*) FROM {self.root.source} c WHERE {self._condition('c')})"
        else:
            data, total = f"(SELECT doc FROM ({documents}) d)", "0"
        edges = " + ".join(f"(SELECT count(*) FROM {name})" for name in self.edges) or "0"
        columns = (data, included, total, edges, parent, self._ends())
        return "WITH " + ",\n".join(self.parts) + f"\nSELECT {', '.join(columns)}"

    # The rows that were asked for.

    def _parent(self) -> str:
        if self.through is None:
            return TRUE
        owner = self.registry[self.through.owner]
        condition = all_of(
            self._identified(owner, "p"),
            self._visible(owner, "p", direct=True),
            shown(self.ask, owner, self.through, "p"),
        )
        self.parts.append(f"parent AS (SELECT p.* FROM {owner.source} p WHERE {condition})")
        return "EXISTS (SELECT 1 FROM parent)"

    def _rows(self) -> None:
        limit = ""
        if self.many:
            limit = f" LIMIT {self.ask.bind('limit', 'bigint')} OFFSET {self.ask.bind('offset', 'bigint')}"
        keys = self.shape.sort or tuple(self.root.order)
        order = ", ".join([*(self._sorted(key) for key in keys), "t.id"])
        condition = self._condition("t")
        if self.cursor is not None:
            order = self.cursor.order("t")
            condition = all_of(condition, self.cursor.beyond(self.ask, self.root, "t"))
            limit = f" LIMIT {self.ask.bind('limit', 'bigint')} + 1"
        self.parts.append(
            f'{"n0" if self.cursor is None else "m0"} AS (SELECT q.*, row_number() OVER () AS "_ord" '
            f"FROM (SELECT t.* FROM {self.root.source} t WHERE {condition} ORDER BY {order}{limit}) q)"
        )
        if self.cursor is not None:
            # One row more than the page tells whether there is another page.
            self.parts.append(f'n0 AS (SELECT * FROM m0 WHERE "_ord" <= {self.ask.bind("limit", "bigint")})')

    def _ends(self) -> str:
        if self.cursor is None:
            return "NULL"
        return (
            f'(SELECT json_agg({self.cursor.mark("t")} ORDER BY t."_ord") FROM n0 t '
            'WHERE t."_ord" IN (1, (SELECT max("_ord") FROM n0)))'
        )

    def _condition(self, t: str) -> str:
        shape = self.shape
        conditions = []
        if shape.how == "known":
            return self._identified(self.root, t)
        if shape.how == "one":
            conditions.append(self._identified(self.root, t))
        if self.through is not None:
            conditions.append(_reached(self.ask, self.through, t))
        direct = self.through is None
        conditions.append(self._visible(self.root, t, direct=direct, bare_list=shape.how == "list"))
        if shape.narrow is not None:
            conditions.append(shape.narrow.sql(self.ask, self.root, t))
        if shape.where is not None:
            conditions.append(shape.where.sql(self.ask, self.root, t))
        return all_of(*conditions)

    def _identified(self, resource: Resource, t: str) -> str:
        if self.shape.by == "identifier":
            return f'{t}."{resource.identifier}" = {self.ask.bind("id", "text")}'
        return f"{t}.id = {self.ask.bind('id', 'bigint')}"

    def _visible(self, resource: Resource, t: str, *, direct: bool, bare_list: bool = False) -> str:
        policy = resource.policy
        rules = [policy.see]
        if direct:
            rules.append(policy.read)
        if bare_list:
            rules.append(policy.list)
        alive = living(resource, t)
        if self.shape.trashed and resource.soft_delete:
            alive = any_of(alive, policy.sees_trash.sql(self.ask, resource, t))
        return all_of(alive, *(rule.sql(self.ask, resource, t) for rule in rules))

    def _sorted(self, key: str) -> str:
        *steps, last = key.lstrip("-").split(".")
        return self._sort_value(self.root, "t", steps, last) + (" DESC" if key.startswith("-") else "")

    def _sort_value(self, resource: Resource, t: str, steps: list[str], last: str) -> str:
        if steps:
            relation = self.registry.relations[resource.type][steps[0]]
            target, other = self.registry[relation.target], self.ask.alias()
            inner = self._sort_value(target, other, steps[1:], last)
            seen = target.policy.see.sql(self.ask, target, other)
            condition = all_of(f'{other}.id = {t}."{relation.column}"', living(target, other), seen)
            return f"(SELECT {inner} FROM {target.source} {other} WHERE {condition})"
        if last == "id":
            return f"{t}.id"
        attribute = resource.attributes[last]
        if attribute.scope is None:
            return attribute.sql(t)
        # Who may not see a value must not learn it from the order either.
        return f"CASE WHEN {attribute.scope.sql(self.ask, resource, t)} THEN {attribute.sql(t)} END"

    # What goes along with them.

    def _include(self, resource: Resource, parents: str, tree: Tree) -> None:
        for name, below in tree:
            relation = self.registry.relations[resource.type][name]
            target = self.registry[relation.target]
            edges = f"n{len(self.edges) + 1}"
            self.edges.append(edges)
            self.parts.append(f"{edges} AS ({self._edges(resource, relation, target, parents)})")
            self.included_by.setdefault(target.type, []).append(edges)
            self.objects.linked_by.setdefault((resource.type, name), []).append((parents, edges))
            self._include(target, edges, below)

    def _edges(self, resource: Resource, relation: Relation, target: Resource, parents: str) -> str:
        source = "n0 k" if parents == "n0" else f"(SELECT DISTINCT id FROM {parents}) k"
        start, own_row = "k", TRUE
        needs_row = relation.column is not None or relation.scope is not None
        if needs_row and parents != "n0":
            source += f", {resource.source} p"
            start, own_row = "p", "p.id = k.id"
        joined, match = filters.joined(self.ask, relation, target, start, "c")
        seen = target.policy.see.sql(self.ask, target, "c")
        condition = all_of(
            own_row, match, living(target, "c"), seen, shown(self.ask, resource, relation, start)
        )
        distinct = "DISTINCT " if relation.through else ""
        return (
            f"SELECT {distinct}k.id AS parent, c.id AS id FROM {source}, {joined} "
            f"WHERE {condition} LIMIT {settings().max_included + 1}"
        )

    def _included(self) -> str:
        if self.shape.include is None:
            return "NULL"
        documents = []
        for number, (type_name, sources) in enumerate(sorted(self.included_by.items())):
            resource = self.registry[type_name]
            keys = " UNION ".join(f"SELECT DISTINCT id FROM {source}" for source in sources)
            if type_name == self.root.type:
                keys = f"({keys}) EXCEPT SELECT id FROM n0"
            self.parts.append(f"k{number} AS ({keys})")
            rows = f"k{number} JOIN {resource.source} t ON t.id = k{number}.id"
            documents.append(self.objects.documents(resource, rows, ordered=False))
        if not documents:
            return "''"
        return f"(SELECT coalesce(string_agg(doc, ','), '') FROM ({' UNION ALL '.join(documents)}) i)"


def _reached(ask: Ask, relation: Relation, t: str) -> str:
    """SQL: the row is what the relationship leads to from `parent`."""
    if relation.column is not None:
        return f'{t}.id = (SELECT "{relation.column}" FROM parent)'
    if relation.remote is not None:
        return f'{t}."{relation.remote}" = (SELECT id FROM parent)'
    where = f" AND ({filters.narrowed(ask, relation.where, 'l')})" if relation.where else ""
    # As an array, so that the few rows meant are looked up, instead of all being walked in the order of
    # the page until enough of them are found.
    return (
        f'{t}.id = ANY(ARRAY(SELECT l."{relation.right}" FROM {relation.associations} l '
        f'WHERE l."{relation.left}" = (SELECT id FROM parent){where}))'
    )
