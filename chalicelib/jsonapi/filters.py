"""The filter language: what a list is narrowed to.

`filter` holds a JSON array of conditions, all of which must hold: {"name", "op", "val"}, or
{"name", "op", "field"} to compare two attributes, nested by {"and": [...]}, {"or": [...]} and
{"not": {...}}; `has` and `any` take a condition on the related row. "track__name" is short for
that. `filter[name]=value` means equal. A condition is kept as its shape, with the values beside
it, so that equal questions with other values share one statement.
"""

from dataclasses import dataclass

from chalicelib.jsonapi.ask import Ask
from chalicelib.jsonapi.policy import all_of, any_of, living, shown
from chalicelib.jsonapi.relation import Relation
from chalicelib.jsonapi.resource import Resource

COMPARE = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
LIKE = {"like": "LIKE", "ilike": "ILIKE", "notlike": "NOT LIKE", "notilike": "NOT ILIKE"}
LISTS = {"in_": "= ANY", "notin_": "<> ALL"}


class Node:
    """One condition: knows how to say itself in SQL for the row with alias `t`."""

    def sql(self, ask: Ask, resource: Resource, t: str) -> str:
        """The condition as SQL."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class All(Node):
    """Every one of the conditions holds."""

    nodes: tuple[Node, ...]

    def sql(self, ask: Ask, resource: Resource, t: str) -> str:
        return all_of(*(node.sql(ask, resource, t) for node in self.nodes))


@dataclass(frozen=True, slots=True)
class AnyOf(Node):
    """At least one of the conditions holds."""

    nodes: tuple[Node, ...]

    def sql(self, ask: Ask, resource: Resource, t: str) -> str:
        return any_of(*(node.sql(ask, resource, t) for node in self.nodes))


@dataclass(frozen=True, slots=True)
class Not(Node):
    """The condition does not hold."""

    node: Node

    def sql(self, ask: Ask, resource: Resource, t: str) -> str:
        return f"(NOT coalesce({self.node.sql(ask, resource, t)}, FALSE))"


@dataclass(frozen=True, slots=True)
class Related(Node):
    """There is a related row, visible to the viewer, for which the condition holds."""

    relation: str
    node: Node

    def sql(self, ask: Ask, resource: Resource, t: str) -> str:
        relation = ask.registry.relation(resource, self.relation)
        target = ask.registry[relation.target]
        other = ask.alias()
        condition = all_of(
            shown(ask, resource, relation, t),
            living(target, other),
            target.policy.see.sql(ask, target, other),
            self.node.sql(ask, target, other),
        )
        source, match = joined(ask, relation, target, t, other)
        return f"EXISTS (SELECT 1 FROM {source} WHERE {match} AND {condition})"


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """An attribute compared with values (by the keys of their parameters), or with another one."""

    name: str
    op: str
    keys: tuple[str, ...] = ()
    other: str | None = None

    def sql(self, ask: Ask, resource: Resource, t: str) -> str:
        left, sql_type, guard = _operand(ask, resource, t, self.name)
        if self.op in {"null", "notnull"}:
            return all_of(guard, f"{left} IS {'NOT ' if self.op == 'notnull' else ''}NULL")
        if self.other is not None:
            right, _, other_guard = _operand(ask, resource, t, self.other)
            return all_of(guard, other_guard, f"{left} {COMPARE[self.op]} {right}")
        if self.op in LIKE:
            return all_of(guard, f"{left}::text {LIKE[self.op]} {ask.bind(self.keys[0], 'text')}")
        if self.op in LISTS:
            return all_of(guard, f"{left} {LISTS[self.op]}({ask.bind(self.keys[0], sql_type + '[]')})")
        values = [ask.bind(key, sql_type) for key in self.keys]
        if self.op == "between":
            return all_of(guard, f"{left} BETWEEN {values[0]} AND {values[1]}")
        return all_of(guard, f"{left} {COMPARE[self.op]} {values[0]}")


def narrowed(ask: Ask, where: str, link: str) -> str:
    """A relationship's `where` for association rows with the alias `link`."""
    if "{viewer}" in where:
        where = where.replace("{viewer}", ask.bind("viewer_id", "bigint"))
    return where.replace("{l}", link)


def joined(ask: Ask, relation: Relation, target: Resource, t: str, other: str) -> tuple[str, str]:
    """FROM and WHERE parts that lead from the row `t` over the relation to rows `other`."""
    source = f"{target.source} {other}"
    if relation.column is not None:
        return source, f'{other}.id = {t}."{relation.column}"'
    if relation.remote is not None:
        return source, f'{other}."{relation.remote}" = {t}.id'
    link = ask.alias()
    match = f'{link}."{relation.left}" = {t}.id AND {link}."{relation.right}" = {other}.id'
    if relation.where:
        match += f" AND ({narrowed(ask, relation.where, link)})"
    return f"{relation.associations} {link}, {source}", match


def _operand(ask: Ask, resource: Resource, t: str, name: str) -> tuple[str, str, str]:
    if name == "id":
        return f"{t}.id", "bigint", "TRUE"
    attribute = resource.attributes[name]
    guard = attribute.scope.sql(ask, resource, t) if attribute.scope else "TRUE"
    return attribute.sql(t), attribute.sql_type, guard
