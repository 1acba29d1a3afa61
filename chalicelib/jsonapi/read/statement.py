"""Builds the SQL statement that answers a query with complete documents.

CTEs, in order: `v0 ...` (arrays of ids that rules look up for the viewer), `parent` (the start of a
relationship), `g0` (ids of all matching rows, where materialized first), `n0` (the primary rows), `n1 ...`
(one per include path: parent and id), `k0 ...` (ids to include, per type) and `l0 ...` (linkage per type and
relationship). PostgreSQL assembles the JSON text, several times as fast as Python would.
"""

from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.sql import (
    TRUE,
    Param,
    Part,
    Row,
    Sql,
    Statement,
    all_of,
    any_of,
    joined,
    render_with,
    sql,
)
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.query.sorting import sort_key
from chalicelib.jsonapi.read.inclusion import InclusionWriter
from chalicelib.jsonapi.read.objects import ObjectWriter
from chalicelib.jsonapi.read.reaching import is_searched, reached, search_columns
from chalicelib.jsonapi.read.shape import Shape
from chalicelib.jsonapi.rights.compiler import Compiler
from chalicelib.jsonapi.rights.soft_delete import not_deleted
from chalicelib.jsonapi.rights.viewer_parameters import secret

_LIMIT = Param("limit", "bigint")
_OFFSET = Param("offset", "bigint")


class StatementWriter:
    """Builds one statement. `row` is a primary row, `counted` the same row in the count of all."""

    def __init__(self, compiler: Compiler, shape: Shape) -> None:
        self.compiler = compiler
        self.shape = shape
        self.registry = compiler.registry
        self.root = self.registry[shape.type]
        self.through: Relation | None = None
        if shape.mode == "related":
            self.through = self.registry.relations[shape.parent or ""][shape.relation or ""]
        self.many = shape.mode == "list" or (self.through is not None and self.through.many)
        self.cursor = shape.cursor if self.many else None
        # A constant, where it can be one: a plan for all values would count on a tenth of the table.
        self.limit: Part = str(shape.first) if shape.first else _LIMIT
        self.searched = self.many and is_searched(self.root, self.through, shape.where)
        # Staff see all rows: materializing the ids would read the whole table.
        few = shape.mode == "list" and self.root.policy.materialize_ids and shape.kind is Kind.USER
        self.materializes_ids = few or (self.searched and self.cursor is None)
        self.parts: list[Sql] = []
        self.objects = ObjectWriter(compiler, dict(shape.fields), self.parts, shape.prefix)
        self.row, self.counted, self.parent = self._known_rows()

    def statement(self) -> Statement:
        """SELECT data, included, total, number of edges, parent exists, cursors, bytes[, proofs].

        If the result exceeds `most` bytes, only its size is returned. The last column says for each proof, in
        order, whether links must carry it.
        """
        parent = self._parent()
        self._rows()
        total = self._total()
        inclusion = InclusionWriter(
            self._compiler_of_included(), self.objects, self.parts, self.shape.most_included
        )
        included = sql("NULL")
        if self.shape.include is not None:
            included = inclusion.included(self.root, self.shape.include)
        data = self._data()
        edges = " + ".join(f"(SELECT count(*) FROM {name})" for name in inclusion.edges) or "0"
        size = "coalesce(octet_length(w.data), 0) + coalesce(octet_length(w.included), 0)"
        fits = sql(f"CASE WHEN {size} <= ", Param("most", "bigint"), " THEN w.")
        columns: list[Part | Sql] = [sql(fits, "data END"), sql(fits, "included END")]
        columns += [total, edges, parent, self._ends(), size]
        if self.shape.proofs:
            needed = joined(", ", map(self._needed, sorted(self.shape.proofs)))
            columns.append(sql("json_build_array(", needed, ")"))
        whole = sql("(SELECT ", data, " AS data, ", included, "::text AS included OFFSET 0) w")  # made once
        body = sql(joined(",\n", self.parts), "\nSELECT ", joined(", ", columns), "\nFROM ", whole)
        return render_with(body)

    def _compiler_of_included(self) -> Compiler:
        """A compiler that knows the row of the URL, which is visible unless it is in the trash."""
        shape = self.shape
        if shape.trashed or (self.through is None and shape.mode != "one"):
            return self.compiler
        type, rows = (self.through.owner, "parent") if self.through else (self.root.type, "n0")
        return Compiler(self.registry, shape.kind, shape.proofs, (type, f"(SELECT id FROM {rows})"))

    def _data(self) -> Sql:
        row = self.row
        if self.shape.linkage:
            documents = self.objects.identifiers(self.root, f"n0 {row}", row)
        else:
            documents = self.objects.documents(self.root, f"n0 {row}", row, ordered=True)
        if not self.many:
            return sql("(SELECT doc FROM (", documents, ") d)")
        direction = " DESC" if self.cursor and self.cursor.backwards else ""
        joined_text = f"string_agg(doc, ',' ORDER BY \"_ord\"{direction})"
        return sql(f"(SELECT coalesce({joined_text}, '') FROM (", documents, ") d)")

    def _known_rows(self) -> tuple[Row, Row, Row]:
        """Aliases of the row, the counted row and the parent, with the facts implied by the URL."""
        shape, through = self.shape, self.through
        known = dict(shape.roles)
        named = shape.key_column == "identifier"
        if through is None:
            return Row("t", roles=known, identified=named), Row("c"), Row("p")
        parent = Row("p", roles=known, identified=named)
        if through.remote is None or through.inverse is None:
            return Row("t"), Row("c"), parent
        roles = {through.inverse: known["id"]} if "id" in known else {}
        # With trashed rows included, the parent itself may be in the trash.
        visible: frozenset[str] = frozenset() if shape.trashed else frozenset({through.inverse})
        return Row("t", roles, visible), Row("c", roles, visible), parent

    def _needed(self, proof: str) -> Sql:
        """Condition: links must carry the proof, as the row is not visible without it."""
        noun = self.registry[proof] if proof in self.registry else None  # noqa: SIM401 - no mapping
        if noun is None or noun.unlisted is None or noun.identifier is None:
            return TRUE
        row = Row("u")
        given = sql(row[noun.identifier], " = ", secret(proof))
        unlisted = self.compiler.condition(noun.unlisted, noun, row)
        return sql(f"EXISTS (SELECT 1 FROM {noun.from_sql} {row} WHERE ", given, " AND ", unlisted, ")")

    def _parent(self) -> Sql:
        if self.through is None:
            return TRUE
        owner, row = self.registry[self.through.owner], self.parent
        condition = all_of(
            self._identified(owner, row),
            self._visible(owner, row, direct=True),
            self.compiler.visible_relation(self.through, owner, row),
        )
        self.parts.append(
            sql(f"parent AS (SELECT {row}.* FROM {owner.from_sql} {row} WHERE ", condition, ")")
        )
        return sql("EXISTS (SELECT 1 FROM parent)")

    def _rows(self) -> None:
        row, source = self.row, f"FROM {self.root.from_sql} {self.row} WHERE "
        condition = self._condition(row)
        if not self.many:
            self.parts.append(sql(f'n0 AS (SELECT {row}.*, 1 AS "_ord" {source}', condition, ")"))
            return
        keys = self.shape.sort or tuple(self.root.order)
        ordered = (sort_key(self.compiler, self.root, row, key) for key in keys)
        order = joined(", ", [*ordered, row["id"]])
        page = sql("LIMIT ", self.limit) if self.shape.first else sql("LIMIT ", _LIMIT, " OFFSET ", _OFFSET)
        if self.cursor is not None:
            order = self.cursor.order(row)
            condition = all_of(self._found_first(condition), self.cursor.beyond(self.root, row))
            # One row more than the page tells whether there is another page.
            page = sql("LIMIT ", self.limit, " + 1")
        if self.root.select_sql is not None:  # a report: aggregates are computed for the page only
            summed = sql(f"(SELECT {row}.* {source}", condition, " ORDER BY ", order, " ", page, ")")
            self.parts.append(sql('n0 AS (SELECT q.*, row_number() OVER () AS "_ord" FROM ', summed, " q)"))
            return
        chosen = sql(f"SELECT {row}.id {source}", condition, " ORDER BY ", order, " ", page)
        if self.materializes_ids:
            nth = sql("row_number() OVER (ORDER BY ", order, ")")
            self.parts.append(
                sql(f"g0 AS MATERIALIZED (SELECT {row}.id, ", nth, f' AS "_nth" {source}', condition, ")")
            )
            chosen = sql(f'SELECT {row}.id FROM g0 {row} ORDER BY {row}."_nth" ', page)
        # Ids first: rows skipped by OFFSET need no table access where an index suffices.
        page_rows = f'{"n0" if self.cursor is None else "m0"} AS (SELECT {row}.*, f."_ord" '
        back = f"JOIN {self.root.from_sql} {row} ON {row}.id = f.id)"
        self.parts.append(
            sql(f"{page_rows}FROM unnest(ARRAY(", chosen, f')) WITH ORDINALITY f(id, "_ord") {back}')
        )
        if self.cursor is not None:
            self.parts.append(sql('n0 AS (SELECT * FROM m0 WHERE "_ord" <= ', self.limit, ")"))

    def _found_first(self, condition: Sql) -> Sql:
        """The condition on `row`, so that a search comes before the order of the page."""
        if not self.searched:
            return condition
        found = self.counted
        ids = sql(f"SELECT {found}.id FROM {self.root.from_sql} {found} WHERE ", self._condition(found))
        return sql(self.row["id"], " = ANY(ARRAY(", ids, "))")

    def _total(self) -> Sql:
        if not self.many:
            return sql("0")
        if self.cursor is not None:
            return sql("(SELECT count(*) FROM m0)")
        if self.materializes_ids:
            return sql("(SELECT count(*) FROM g0)")
        source = f"{self.root.from_sql} {self.counted}"
        return sql(f"(SELECT count(*) FROM {source} WHERE ", self._condition(self.counted), ")")

    def _ends(self) -> Sql:
        if self.cursor is None:
            return sql("NULL")
        return sql(
            "(SELECT json_agg(",
            self.cursor.mark(self.row),
            f' ORDER BY {self.row}."_ord") FROM n0 {self.row} '
            f'WHERE {self.row}."_ord" IN (1, (SELECT max("_ord") FROM n0)))',
        )

    def _condition(self, row: Row) -> Sql:
        shape = self.shape
        if shape.mode == "known":
            return self._identified(self.root, row)
        conditions = [self._identified(self.root, row)] if shape.mode == "one" else []
        if self.through is not None:
            indexed = search_columns(self.root) if self.searched else frozenset[str]()
            conditions.append(reached(self.through, row, indexed))
        direct = self.through is None
        conditions.append(self._visible(self.root, row, direct=direct, bare_list=shape.mode == "list"))
        if shape.narrow is not None:
            conditions.append(self.compiler.condition(shape.narrow, self.root, row))
        if shape.where is not None:
            conditions.append(shape.where.sql(self.compiler, self.root, row))
        return all_of(*conditions)

    def _identified(self, resource: Resource, row: Row) -> Sql:
        if self.shape.key_column == "identifier":
            return sql(row[resource.identifier or ""], " = ", Param("id", "text"))
        return sql(row["id"], " = ", Param("id", "bigint"))

    def _visible(self, resource: Resource, row: Row, *, direct: bool, bare_list: bool = False) -> Sql:
        policy = resource.policy
        rules = [policy.see]
        if direct:
            rules.append(policy.read)
        if bare_list:
            rules.append(policy.list)
        alive = not_deleted(resource, row)
        if self.shape.trashed and resource.soft_delete:
            alive = any_of(alive, self.compiler.condition(policy.sees_trash, resource, row))
        return all_of(alive, *[self.compiler.condition(rule, resource, row) for rule in rules])
