"""The part of a statement that includes related rows: an expression per path, and one per type."""

from chalicelib.jsonapi import filters
from chalicelib.jsonapi.ask import Ask
from chalicelib.jsonapi.objects import ObjectWriter
from chalicelib.jsonapi.policy import TRUE, all_of, living, shown
from chalicelib.jsonapi.query import Tree
from chalicelib.jsonapi.relation import Relation
from chalicelib.jsonapi.resource import Resource
from chalicelib.settings import settings


class InclusionWriter:
    """Follows include paths from the rows `n0`.

    `parts` are the statement's common table expressions, to which are added those of each path and of the
    ids to include. `edges` names the former. `objects` hears where linkage is to be found.
    """

    def __init__(self, ask: Ask, objects: ObjectWriter, parts: list[str]) -> None:
        self.ask = ask
        self.objects = objects
        self.parts = parts
        self.registry = ask.registry
        self.edges: list[str] = []
        # type -> the expressions that hold ids of included rows
        self.included_by: dict[str, list[str]] = {}

    def included(self, root: Resource, tree: Tree) -> str:
        """SQL: the included resource objects, joined by commas."""
        self._follow(root, "n0", tree)
        documents = []
        for number, (type_name, sources) in enumerate(sorted(self.included_by.items())):
            resource = self.registry[type_name]
            keys = " UNION ".join(f"SELECT DISTINCT id FROM {source}" for source in sources)
            if type_name == root.type:
                keys = f"({keys}) EXCEPT SELECT id FROM n0"
            self.parts.append(f"k{number} AS ({keys})")
            rows = f"k{number} JOIN {resource.source} t ON t.id = k{number}.id"
            documents.append(self.objects.documents(resource, rows, ordered=False))
        if not documents:
            return "''"
        return f"(SELECT coalesce(string_agg(doc, ','), '') FROM ({' UNION ALL '.join(documents)}) i)"

    def _follow(self, resource: Resource, parents: str, tree: Tree) -> None:
        for name, below in tree:
            relation = self.registry.relations[resource.type][name]
            target = self.registry[relation.target]
            edges = f"n{len(self.edges) + 1}"
            self.edges.append(edges)
            self.parts.append(f"{edges} AS ({self._edges(resource, relation, target, parents)})")
            self.included_by.setdefault(target.type, []).append(edges)
            self.objects.linked_by.setdefault((resource.type, name), []).append((parents, edges))
            self._follow(target, edges, below)

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
