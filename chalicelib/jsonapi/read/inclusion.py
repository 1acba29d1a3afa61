"""SQL of compound documents: one CTE per include path, one per included type."""

from chalicelib.jsonapi.ground.sql import TRUE, Row, Sql, all_of, joined, sql
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.query.parse import Tree
from chalicelib.jsonapi.read.objects import ObjectWriter
from chalicelib.jsonapi.rights.compiler import Compiler
from chalicelib.jsonapi.rights.related import join_over
from chalicelib.jsonapi.rights.soft_delete import not_deleted


class InclusionWriter:
    """Follows include paths from the rows `n0`.

    `parts` are the statement's CTEs, to which those of each path and of the included ids are appended.
    `edges` are the names of the former. `objects` is told which CTEs hold the linkage.
    """

    def __init__(self, compiler: Compiler, objects: ObjectWriter, parts: list[Sql], most: int) -> None:
        self.most = most
        self.compiler = compiler
        self.objects = objects
        self.parts = parts
        self.registry = compiler.registry
        self.edges: list[str] = []
        # type -> the CTEs with ids of included rows
        self.included_by: dict[str, list[str]] = {}

    def included(self, root: Resource, tree: Tree) -> Sql:
        """SQL of the included resource objects, joined by commas."""
        self._follow(root, "n0", tree)
        documents = []
        for number, (type_name, sources) in enumerate(sorted(self.included_by.items())):
            resource = self.registry[type_name]
            keys = " UNION ".join(f"SELECT DISTINCT id FROM {source}" for source in sources)
            if type_name == root.type:
                keys = f"({keys}) EXCEPT SELECT id FROM n0"
            self.parts.append(sql(f"k{number} AS ({keys})"))
            row = Row("t")
            rows = f"k{number} JOIN {resource.from_sql} {row} ON {row}.id = k{number}.id"
            documents.append(self.objects.documents(resource, rows, row, ordered=False))
        if not documents:
            return sql("''")
        united = joined(" UNION ALL ", documents)
        return sql("(SELECT coalesce(string_agg(doc, ','), '') FROM (", united, ") i)")

    def _follow(self, resource: Resource, parents: str, tree: Tree) -> None:
        for name, below in tree:
            relation = self.registry.relations[resource.type][name]
            target = self.registry[relation.target]
            edges = f"n{len(self.edges) + 1}"
            self.edges.append(edges)
            self.parts.append(sql(f"{edges} AS (", self._edges(resource, relation, target, parents), ")"))
            self.included_by.setdefault(target.type, []).append(edges)
            self.objects.linked_by.setdefault((resource.type, name), []).append((parents, edges))
            self._follow(target, edges, below)

    def _edges(self, resource: Resource, relation: Relation, target: Resource, parents: str) -> Sql:
        source = "n0 k" if parents == "n0" else f"(SELECT DISTINCT id FROM {parents}) k"
        parent, start, own_row = Row("k"), Row("k"), TRUE
        needs_row = relation.column is not None or relation.scope is not None
        if needs_row and parents != "n0":
            source += f", {resource.from_sql} p"
            start = Row("p")
            own_row = sql(start["id"], " = ", parent["id"])
        is_whole = needs_row or parents == "n0"
        end = Row("c", reached_from=(relation.inverse, start) if is_whole and relation.inverse else None)
        reached, match = join_over(self.compiler.new_row, relation, target, start, end)
        condition = all_of(
            own_row,
            match,
            not_deleted(target, end),
            self.compiler.condition(target.policy.see, target, end),
            self.compiler.visible_relation(relation, resource, start),
        )
        distinct = "DISTINCT " if relation.through else ""
        chosen = f"SELECT {distinct}k.id AS parent, c.id AS id FROM {source}, "
        most = self.most + 1
        return sql(chosen, reached, " WHERE ", condition, f" LIMIT {most}")
