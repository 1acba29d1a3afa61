"""Writes the one statement that answers a question with finished documents.

Common table expressions, in order: `v0 ...` (arrays of ids that rules look up for the viewer), `parent`
(where a relationship starts), `g0` (ids of all rows meant, where they are gathered first), `n0` (the rows
asked for), `n1 ...` (one per include path: pairs of parent and id), `k0 ...` (ids to include, per type) and
`l0 ...` (linkage per type and relationship). PostgreSQL puts the JSON text together, which is several times
cheaper than fetching columns and doing it in Python.
"""

from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi import filters
from chalicelib.jsonapi.ask import Ask
from chalicelib.jsonapi.inclusion import InclusionWriter
from chalicelib.jsonapi.objects import ObjectWriter
from chalicelib.jsonapi.policy import TRUE, all_of, any_of, living, shown
from chalicelib.jsonapi.relation import Relation
from chalicelib.jsonapi.resource import Resource
from chalicelib.jsonapi.shape import Shape


class StatementWriter:
    """Writes one statement; its parameters are collected in `ask`."""

    def __init__(self, ask: Ask, shape: Shape) -> None:
        self.ask = ask
        self.ask.lookups = {}
        self.shape = shape
        self.registry = ask.registry
        self.root = ask.registry[shape.type]
        self.through: Relation | None = None
        if shape.how == "related":
            self.through = self.registry.relations[shape.parent or ""][shape.relation or ""]
        self.many = shape.how == "list" or (self.through is not None and self.through.many)
        self.cursor = shape.cursor if self.many else None
        # Who sees everything would have everything looked up.
        self.gathered = shape.how == "list" and self.root.policy.gathered and shape.kind is Kind.USER
        self.parts: list[str] = []
        self.objects = ObjectWriter(ask, dict(shape.fields), self.parts)
        self._know()

    def statement(self) -> str:
        """SELECT data, included, total, number of edges, whether there is a parent, cursors, bytes[, proofs].

        Of what has more than `most` bytes only the number of them is answered: it need not travel. The last
        column says of each proof, in order, whether links must carry it.
        """
        parent = self._parent()
        self._rows()
        total = self._total()
        if self.shape.include:
            # From here on other rows have these aliases too.
            self.ask.held, self.ask.proven, self.ask.named = {}, frozenset(), frozenset()
        inclusion = InclusionWriter(self.ask, self.objects, self.parts)
        included = "NULL" if self.shape.include is None else inclusion.included(self.root, self.shape.include)
        if self.shape.linkage:
            documents = self.objects.identifiers(self.root, "n0 t")
        else:
            documents = self.objects.documents(self.root, "n0 t", ordered=True)
        if self.many:
            direction = " DESC" if self.cursor and self.cursor.backwards else ""
            joined = f"string_agg(doc, ',' ORDER BY \"_ord\"{direction})"
            data = f"(SELECT coalesce({joined}, '') FROM ({documents}) d)"
        else:
            data = f"(SELECT doc FROM ({documents}) d)"
        edges = " + ".join(f"(SELECT count(*) FROM {name})" for name in inclusion.edges) or "0"
        size = "coalesce(octet_length(w.data), 0) + coalesce(octet_length(w.included), 0)"
        fits = f"CASE WHEN {size} <= {self.ask.bind('most', 'bigint')} THEN w."
        columns = [f"{fits}data END", f"{fits}included END", total, edges, parent, self._ends(), size]
        if self.shape.proofs:
            columns.append(f"json_build_array({', '.join(map(self._needed, sorted(self.shape.proofs)))})")
        whole = f"(SELECT {data} AS data, {included}::text AS included OFFSET 0) w"  # each is made once
        lookups = [
            f"{name} AS (SELECT ARRAY({sql}) AS ids)" for sql, name in (self.ask.lookups or {}).items()
        ]
        return "WITH " + ",\n".join(lookups + self.parts) + f"\nSELECT {', '.join(columns)}\nFROM {whole}"

    def _know(self) -> None:
        """Tell the rules what follows from where the rows are: they ask no row about it then."""
        through = self.through
        known = {("t" if through is None else "p", "id")}
        if through is not None and through.remote is not None and through.inverse is not None:
            reached = {("t", through.inverse), ("c", through.inverse)}
            known |= reached
            if not self.shape.trashed:  # else the parent may be in the trash
                self.ask.proven = frozenset(reached)
        if self.shape.held is not None:
            self.ask.held = dict.fromkeys(known, self.shape.held)
        if self.shape.by == "identifier":
            self.ask.named = frozenset({"t" if through is None else "p"})

    def _needed(self, proof: str) -> str:
        """SQL: links must carry the proof, as what it opens is not seen without it."""
        noun = self.registry[proof] if proof in self.registry else None  # noqa: SIM401 - no mapping
        if noun is None or noun.unlisted is None:
            return TRUE
        given = f'u."{noun.identifier}" = {self.ask.bind(("proof", proof), "text")}'
        unlisted = noun.unlisted.sql(self.ask, noun, "u")
        return f"EXISTS (SELECT 1 FROM {noun.source} u WHERE {given} AND {unlisted})"

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
        source, condition = self.root.source, self._condition("t")
        if not self.many:
            self.parts.append(f'n0 AS (SELECT t.*, 1 AS "_ord" FROM {source} t WHERE {condition})')
            return
        keys = self.shape.sort or tuple(self.root.order)
        order = ", ".join([*(self._sorted(key) for key in keys), "t.id"])
        page = f"LIMIT {self.ask.bind('limit', 'bigint')} OFFSET {self.ask.bind('offset', 'bigint')}"
        if self.cursor is not None:
            order = self.cursor.order("t")
            condition = all_of(condition, self.cursor.beyond(self.ask, self.root, "t"))
            # One row more than the page tells whether there is another page.
            page = f"LIMIT {self.ask.bind('limit', 'bigint')} + 1"
        if self.root.rows is not None:  # a report: what it sums up is summed up for the page alone
            self.parts.append(
                'n0 AS (SELECT q.*, row_number() OVER () AS "_ord" '
                f"FROM (SELECT t.* FROM {source} t WHERE {condition} ORDER BY {order} {page}) q)"
            )
            return
        chosen = f"SELECT t.id FROM {source} t WHERE {condition} ORDER BY {order} {page}"
        if self.gathered:
            self.parts.append(
                f'g0 AS MATERIALIZED (SELECT t.id, row_number() OVER (ORDER BY {order}) AS "_nth" '
                f"FROM {source} t WHERE {condition})"
            )
            chosen = f'SELECT t.id FROM g0 t ORDER BY t."_nth" {page}'
        # Ids first: what is passed over need not be fetched from the table where an index says enough of it.
        self.parts.append(
            f'{"n0" if self.cursor is None else "m0"} AS (SELECT t.*, f."_ord" '
            f'FROM unnest(ARRAY({chosen})) WITH ORDINALITY f(id, "_ord") JOIN {source} t ON t.id = f.id)'
        )
        if self.cursor is not None:
            self.parts.append(f'n0 AS (SELECT * FROM m0 WHERE "_ord" <= {self.ask.bind("limit", "bigint")})')

    def _total(self) -> str:
        if not self.many:
            return "0"
        if self.cursor is not None:
            return "(SELECT count(*) FROM m0)"
        if self.gathered:
            return "(SELECT count(*) FROM g0)"
        return f"(SELECT count(*) FROM {self.root.source} c WHERE {self._condition('c')})"

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
            there = all_of(shown(self.ask, resource, relation, t), living(target, other), seen)
            condition = all_of(f'{other}.id = {t}."{relation.column}"', there)
            return f"(SELECT {inner} FROM {target.source} {other} WHERE {condition})"
        if last == "id":
            return f"{t}.id"
        attribute = resource.attributes[last]
        if attribute.scope is None:
            return attribute.sql(t)
        # Who may not see a value must not learn it from the order either.
        return f"CASE WHEN {attribute.scope.sql(self.ask, resource, t)} THEN {attribute.sql(t)} END"


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
