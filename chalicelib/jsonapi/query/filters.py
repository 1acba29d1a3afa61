"""The filter language: conditions that narrow a list.

`filter` holds a JSON array of conditions, joined by AND: {"name", "op", "val"}, or {"name", "op", "field"} to
compare two attributes, nested by {"and": [...]}, {"or": [...]} and {"not": {...}}; `has` and `any` take a
condition on the related row, for which "track__name" is short. `filter[name]=value` means equal. The shape of
a condition is kept apart from its values, so that equal filters with other values share one statement.
"""

from dataclasses import dataclass

from chalicelib.jsonapi.ground.sql import TRUE, Param, Row, Sql, all_of, any_of, sql
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.query.trigrams import matches_trigrams
from chalicelib.jsonapi.rights.compiler import Compiler
from chalicelib.jsonapi.rights.related import join_over
from chalicelib.jsonapi.rights.soft_delete import not_deleted

COMPARE = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
LIKE = {"like": "LIKE", "ilike": "ILIKE", "notlike": "NOT LIKE", "notilike": "NOT ILIKE"}
LISTS = {"in_": "= ANY", "notin_": "<> ALL"}


class Node:
    """One condition, which writes itself as SQL. `is_led`: an index of trigrams leads to its rows."""

    is_led = False

    def sql(self, compiler: Compiler, resource: Resource, row: Row) -> Sql:
        """The condition as SQL for a row of `resource`."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class All(Node):
    """Every one of the conditions holds."""

    nodes: tuple[Node, ...]

    @property
    def is_led(self) -> bool:  # type: ignore[override]
        return any(node.is_led for node in self.nodes)

    def sql(self, compiler: Compiler, resource: Resource, row: Row) -> Sql:
        return all_of(*(node.sql(compiler, resource, row) for node in self.nodes))


@dataclass(frozen=True, slots=True)
class AnyOf(Node):
    """At least one of the conditions holds."""

    nodes: tuple[Node, ...]

    @property
    def is_led(self) -> bool:  # type: ignore[override]
        return bool(self.nodes) and all(node.is_led for node in self.nodes)

    def sql(self, compiler: Compiler, resource: Resource, row: Row) -> Sql:
        return any_of(*(node.sql(compiler, resource, row) for node in self.nodes))


@dataclass(frozen=True, slots=True)
class Not(Node):
    """The condition does not hold."""

    node: Node

    def sql(self, compiler: Compiler, resource: Resource, row: Row) -> Sql:
        return sql("(NOT coalesce(", self.node.sql(compiler, resource, row), ", FALSE))")


@dataclass(frozen=True, slots=True)
class Related(Node):
    """There is a related row, visible to the viewer, that meets the condition."""

    relation: str
    node: Node

    def sql(self, compiler: Compiler, resource: Resource, row: Row) -> Sql:
        relation = compiler.registry.relation(resource, self.relation)
        target = compiler.registry[relation.target]
        other = compiler.new_row()
        condition = all_of(
            compiler.visible_relation(relation, resource, row),
            not_deleted(target, other),
            compiler.condition(target.policy.see, target, other),
            self.node.sql(compiler, target, other),
        )
        source, match = join_over(compiler.new_row, relation, target, row, other)
        return sql("EXISTS (SELECT 1 FROM ", source, " WHERE ", match, " AND ", condition, ")")


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """An attribute compared with values (by parameter key), or with another attribute.

    `indexed`: the attribute is searched by trigrams, of which the pattern has some. `truth`: it is compared
    with this constant, not with a value, so that an index of few rows can be chosen.
    """

    name: str
    op: str
    keys: tuple[str, ...] = ()
    other: str | None = None
    indexed: bool = False
    truth: bool | None = None

    @property
    def is_led(self) -> bool:  # type: ignore[override]
        return self.indexed

    def sql(self, compiler: Compiler, resource: Resource, row: Row) -> Sql:
        left, sql_type, guard = _operand(compiler, resource, row, self.name)
        if self.op in {"null", "notnull"}:
            return all_of(guard, sql(left, f" IS {'NOT ' if self.op == 'notnull' else ''}NULL"))
        if self.other is not None:
            right, _, other_guard = _operand(compiler, resource, row, self.other)
            return all_of(guard, other_guard, sql(left, f" {COMPARE[self.op]} ", right))
        if self.truth is not None:
            return all_of(guard, sql(left, f" {COMPARE[self.op]} {str(self.truth).upper()}"))
        if self.op in LIKE:
            pattern = Param(self.keys[0], "text")
            looked_up = matches_trigrams(left, pattern) if self.indexed else TRUE
            return all_of(guard, sql(left, f"::text {LIKE[self.op]} ", pattern), looked_up)
        if self.op in LISTS:
            return all_of(guard, sql(left, f" {LISTS[self.op]}(", Param(self.keys[0], sql_type + "[]"), ")"))
        values = [Param(key, sql_type) for key in self.keys]
        if self.op == "between":
            return all_of(guard, sql(left, " BETWEEN ", values[0], " AND ", values[1]))
        return all_of(guard, sql(left, f" {COMPARE[self.op]} ", values[0]))


def _operand(compiler: Compiler, resource: Resource, row: Row, name: str) -> tuple[Sql, str, Sql]:
    if name == "id":
        return sql(row["id"]), "bigint", TRUE
    attribute = resource.attributes[name]
    guard = compiler.condition(attribute.scope, resource, row) if attribute.scope else TRUE
    return attribute.sql(row), attribute.sql_type, guard
