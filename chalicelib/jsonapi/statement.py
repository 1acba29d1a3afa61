"""Writes the one statement that answers a question with finished documents.

Common table expressions, in order: `parent` (where a relationship starts), `n0` (the rows asked
for), `n1 ...` (one per include path: pairs of parent and id), `k0 ...` (ids to include, per type)
and `l0 ...` (linkage per type and relationship). PostgreSQL puts the JSON text together, which
is several times cheaper than fetching columns and doing it in Python.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi import filters
from chalicelib.jsonapi.policy import FALSE, TRUE, Ask, all_of, any_of, living
from chalicelib.jsonapi.query import Tree
from chalicelib.jsonapi.resource import Attribute, Relation, Resource
from chalicelib.settings import settings


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything that decides the text of a statement.

    `how` is "list", "one", "related" or "known" (one row, without asking whether it may be
    seen); `by` is "id" or "identifier".
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


class StatementWriter:
    """Writes one statement; its parameters are collected in `ask`."""

    def __init__(self, ask: Ask, shape: Shape) -> None:
        self.ask = ask
        self.shape = shape
        self.registry = ask.registry
        self.root = ask.registry[shape.type]
        self.wanted = dict(shape.fields)
        self.through: Relation | None = None
        if shape.how == "related":
            self.through = self.registry.relations[shape.parent or ""][shape.relation or ""]
        self.many = shape.how == "list" or (self.through is not None and self.through.many)
        self.parts: list[str] = []
        self.edges: list[str] = []
        # type -> the expressions that hold ids of included rows
        self.included_by: dict[str, list[str]] = {}
        # (type, relationship) -> pairs of expressions: the parents' ids and the edges
        self.linked_by: dict[tuple[str, str], list[tuple[str, str]]] = {}

    def statement(self) -> str:
        """SELECT data, included, total, number of edges, whether the parent is there."""
        parent = self._parent()
        self._rows()
        self._include(self.root, "n0", self.shape.include or ())
        included = self._included()
        documents = self._objects(self.root, "n0 t", ordered=True)
        if self.many:
            data = f"(SELECT coalesce(string_agg(doc, ',' ORDER BY \"_ord\"), '') FROM ({documents}) d)"
            total = f'(SELECT count(*) FROM "{self.root.table}" c WHERE {self._condition("c")})'
        else:
            data, total = f"(SELECT doc FROM ({documents}) d)", "0"
        edges = " + ".join(f"(SELECT count(*) FROM {name})" for name in self.edges) or "0"
        return "WITH " + ",\n".join(self.parts) + f"\nSELECT {data}, {included}, {total}, {edges}, {parent}"

    # The rows that were asked for.

    def _parent(self) -> str:
        if self.through is None:
            return TRUE
        owner = self.registry[self.through.owner]
        condition = all_of(self._identified(owner, "p"), self._visible(owner, "p", direct=True))
        self.parts.append(f'parent AS (SELECT p.* FROM "{owner.table}" p WHERE {condition})')
        return "EXISTS (SELECT 1 FROM parent)"

    def _rows(self) -> None:
        limit = ""
        if self.many:
            limit = f" LIMIT {self.ask.bind('limit', 'bigint')} OFFSET {self.ask.bind('offset', 'bigint')}"
        keys = self.shape.sort or tuple(self.root.order)
        order = ", ".join([*(self._sorted(key) for key in keys), "t.id"])
        self.parts.append(
            f'n0 AS (SELECT q.*, row_number() OVER () AS "_ord" FROM (SELECT t.* '
            f'FROM "{self.root.table}" t WHERE {self._condition("t")} ORDER BY {order}{limit}) q)'
        )

    def _condition(self, t: str) -> str:
        shape = self.shape
        conditions = []
        if shape.how == "known":
            return self._identified(self.root, t)
        if shape.how == "one":
            conditions.append(self._identified(self.root, t))
        if self.through is not None:
            conditions.append(_reached(self.through, t))
        direct = self.through is None
        conditions.append(self._visible(self.root, t, direct=direct, bare_list=shape.how == "list"))
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
            return f'(SELECT {inner} FROM "{target.table}" {other} WHERE {condition})'
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
            self.linked_by.setdefault((resource.type, name), []).append((parents, edges))
            self._include(target, edges, below)

    def _edges(self, resource: Resource, relation: Relation, target: Resource, parents: str) -> str:
        source = "n0 k" if parents == "n0" else f"(SELECT DISTINCT id FROM {parents}) k"
        start, own_row = "k", TRUE
        if relation.column is not None and parents != "n0":
            source += f', "{resource.table}" p'
            start, own_row = "p", "p.id = k.id"
        joined, match = filters.joined(self.ask, relation, target, start, "c")
        seen = target.policy.see.sql(self.ask, target, "c")
        distinct = "DISTINCT " if relation.through else ""
        return (
            f"SELECT {distinct}k.id AS parent, c.id AS id FROM {source}, {joined} "
            f"WHERE {all_of(own_row, match, living(target, 'c'), seen)} LIMIT {settings().max_included + 1}"
        )

    def _included(self) -> str:
        if self.shape.include is None:
            return "NULL"
        documents = []
        for number, (type_name, sources) in enumerate(sorted(self.included_by.items())):
            resource = self.registry[type_name]
            keys = " UNION ".join(f"SELECT id FROM {source}" for source in sources)
            if type_name == self.root.type:
                keys = f"({keys}) EXCEPT SELECT id FROM n0"
            self.parts.append(f"k{number} AS ({keys})")
            rows = f'k{number} JOIN "{resource.table}" t ON t.id = k{number}.id'
            documents.append(self._objects(resource, rows, ordered=False))
        if not documents:
            return "''"
        return f"(SELECT coalesce(string_agg(doc, ','), '') FROM ({' UNION ALL '.join(documents)}) i)"

    # Resource objects.

    def _objects(self, resource: Resource, rows: str, *, ordered: bool) -> str:
        """SELECT doc [, _ord] for the rows with alias t."""
        order = ', t."_ord"' if ordered else ""
        if ordered and self.shape.linkage:
            return f"SELECT {_identifier(resource.type, 't.id')} AS doc{order} FROM {rows}"
        joins, relationships = self._relationships(resource)
        self_link = f"{settings().api_prefix}/v1/{resource.path}/"
        pieces = [
            _text(f'{{"type":"{resource.type}","id":"'),
            "t.id",
            _text('","attributes":'),
            self._attributes(resource),
            relationships,
            _text(f',"links":{{"self":"{self_link}'),
            "t.id",
            _text('"}}'),
        ]
        return f"SELECT {' || '.join(pieces)} AS doc{order} FROM {rows}{joins}"

    def _attributes(self, resource: Resource) -> str:
        chosen = self.wanted.get(resource.type)
        groups: dict[str, list[Attribute]] = {}
        for name, attribute in resource.readable.items():
            if chosen is None or name in chosen:
                scope = attribute.scope.sql(self.ask, resource, "t") if attribute.scope else TRUE
                groups.setdefault(scope, []).append(attribute)
        groups.pop(FALSE, None)
        if not groups:
            return "'{}'"
        if list(groups) == [TRUE]:
            return f"(SELECT row_to_json(a)::text FROM (SELECT {_labelled(groups[TRUE])}) a)"
        parts = []
        for scope, attributes in groups.items():
            # ,"name":value,... so that the parts can follow one another
            part = (
                f"(SELECT ',' || substr(j, 2, length(j) - 2) FROM (SELECT row_to_json(a)::text AS j "
                f"FROM (SELECT {_labelled(attributes)}) a) b)"
            )
            parts.append(part if scope == TRUE else f"CASE WHEN {scope} THEN {part} ELSE '' END")
        return f"'{{' || ltrim({' || '.join(parts)}, ',') || '}}'"

    def _relationships(self, resource: Resource) -> tuple[str, str]:
        """Joins to linkage, and the text of the member `relationships` with its comma."""
        chosen = self.wanted.get(resource.type)
        links_only, joins, linked = [], "", []
        for name, relation in self.registry.relations[resource.type].items():
            if chosen is not None and name not in chosen:
                continue
            links = _links(resource, relation)
            pairs = self.linked_by.get((resource.type, name))
            if not pairs:
                links_only.append(f"{links}}}")
                continue
            link = self._linkage(relation, pairs)
            joins += f" LEFT JOIN {link} ON {link}.id = t.id"
            data = f"'[' || {link}.data || ']'" if relation.many else f"coalesce(nullif({link}.data, ''), 'null')"
            member = f"CASE WHEN {link}.id IS NULL THEN '' ELSE ',\"data\":' || {data} END"
            linked.append(f"replace({_text(links)}, '{{id}}', t.id::text) || {member} || '}}'")
        members = []
        if links_only:
            members.append(f"replace({_text(','.join(links_only))}, '{{id}}', t.id::text)")
        members += linked
        if not members:
            return joins, "''"
        return joins, "',\"relationships\":{' || " + " || ',' || ".join(members) + " || '}'"

    def _linkage(self, relation: Relation, pairs: list[tuple[str, str]]) -> str:
        name = f"l{len(self.parts)}"
        parents = " UNION ".join(f"SELECT id FROM {parent}" for parent, _ in pairs)
        edges = " UNION ".join(f"SELECT parent, id FROM {edge}" for _, edge in pairs)
        identifiers = f"string_agg({_identifier(relation.target, 'e.id')}, ',' ORDER BY e.id)"
        self.parts.append(
            f"{name} AS (SELECT k.id, coalesce({identifiers}, '') AS data FROM ({parents}) k "
            f"LEFT JOIN ({edges}) e ON e.parent = k.id GROUP BY k.id)"
        )
        return name


def _reached(relation: Relation, t: str) -> str:
    """SQL: the row is what the relationship leads to from `parent`."""
    if relation.column is not None:
        return f'{t}.id = (SELECT "{relation.column}" FROM parent)'
    if relation.remote is not None:
        return f'{t}."{relation.remote}" = (SELECT id FROM parent)'
    where = f" AND ({relation.where.replace('{l}', 'l')})" if relation.where else ""
    return (
        f'{t}.id IN (SELECT l."{relation.right}" FROM "{relation.through}" l '
        f'WHERE l."{relation.left}" = (SELECT id FROM parent){where})'
    )


def _links(resource: Resource, relation: Relation) -> str:
    here = f"{settings().api_prefix}/v1/{resource.path}/{{id}}"
    return (
        f'"{relation.wire}":{{"links":{{"self":"{here}/relationships/{relation.wire}",'
        f'"related":"{here}/{relation.wire}"}}'
    )


def _labelled(attributes: Iterable[Attribute]) -> str:
    return ", ".join(f'{one.sql("t")} AS "{one.wire}"' for one in attributes)


def _identifier(type_name: str, id: str) -> str:
    return f"'{{\"type\":\"{type_name}\",\"id\":\"' || {id} || '\"}}'"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
