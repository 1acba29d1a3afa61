"""Explains a permission: evaluates every part of a rule for one viewer and row.

Each part is compiled and run as for a request; no rule is implemented a second time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib import db
from chalicelib.jsonapi.ground.sql import Param, Row, Sql, joined, render, sql
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.policy import anyone
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import (
    AllOf,
    AnyOf,
    Described,
    EditableWith,
    HasRole,
    Not,
    RelatedPasses,
    Rule,
    VisibleWith,
)
from chalicelib.jsonapi.rights import viewer_parameters
from chalicelib.jsonapi.rights.compiler import Compiler
from chalicelib.jsonapi.rights.related import asked_of_related
from chalicelib.jsonapi.rights.soft_delete import NOT_DELETED


@dataclass(frozen=True, slots=True)
class Explanation:
    """A rule, whether it holds, and the explanations of its parts.

    A rule about a related row has that row's rule as its part. A rule about roles has the event's id, if
    there is an event, and those of the roles that the viewer holds there.
    """

    rule: Rule
    holds: bool
    parts: tuple["Explanation", ...] = ()
    event: int | None = None
    roles: tuple[str, ...] = ()


def explain(context: Context, resource: Resource, id: str, rule: Rule, *, named: bool) -> Explanation | None:
    """Explain the rule for the viewer and the row with this id; None if there is no such row.

    `named` says that `id` is the row's identifier, which some rules demand.
    """
    row = Row("t", identified=named)
    compiler = Compiler(context.registry, context.viewer.kind, frozenset(context.viewer.proofs))
    rules = list(dict.fromkeys(walk(rule)))
    conditions = [compiler.condition(node, resource, row) for node in rules]
    ends = {node: end for node in rules if (end := _end(compiler, node, resource, row)) is not None}
    meant = Param("id", "text") if named else Param("id", "bigint")
    statement = render(
        sql(
            *(
                "SELECT ",
                joined(", ", [*conditions, *ends.values()]),
                f" FROM {resource.from_sql} {row} WHERE ",
            ),
            *(row[resource.identifier or "" if named else "id"], " = ", meant),
        )
    )
    given: dict[object, object] = {"id": id}
    rows = db.fetch(
        context.session, statement.text, viewer_parameters.values(statement, context.viewer, given)
    )
    if not rows:
        return None
    verdicts = {node: value is True for node, value in zip(rules, rows[0], strict=False)}
    return _explained(context, resource, rule, verdicts, dict(zip(ends, rows[0][len(rules) :], strict=True)))


def outside_trash(resource: Resource, *rules: Rule) -> Rule:
    """All of the rules, for a row that is not soft-deleted."""
    conditions = tuple(rule for rule in rules if rule != anyone)
    return AllOf((NOT_DELETED, *conditions) if resource.soft_delete else conditions)


def walk(rule: Rule) -> Iterator[Rule]:
    """The rule and its parts, as far as they are about the same row."""
    yield rule
    match rule:
        case AllOf(rules) | AnyOf(rules):
            for inner in rules:
                yield from walk(inner)
        case Not(inner) | Described(inner):
            yield from walk(inner)


def _end(compiler: Compiler, rule: Rule, resource: Resource, row: Row) -> Sql | None:
    """The id of the event of a rule about roles, or of the target of a rule about a related row."""
    match rule:
        case HasRole(_, at):
            return compiler.column_at(resource, row, at)
        case VisibleWith(relation) | EditableWith(relation) | RelatedPasses(relation):
            return compiler.column_at(resource, row, relation)
    return None


def _explained(
    context: Context, resource: Resource, rule: Rule, verdicts: dict[Rule, bool], ends: dict[Rule, Any]
) -> Explanation:
    holds = verdicts[rule]
    match rule:
        case AllOf(rules) | AnyOf(rules):
            parts: list[Explanation] = []
            for inner in rules:
                part = _explained(context, resource, inner, verdicts, ends)
                parts += part.parts if type(inner) is type(rule) else (part,)
            return Explanation(rule, holds, tuple(parts))
        case Not(inner) | Described(inner):
            return Explanation(rule, holds, (_explained(context, resource, inner, verdicts, ends),))
        case HasRole(roles):
            grants, event = context.viewer.grants, ends[rule]
            held_roles = sorted(role for role in roles if event in grants.get(role, ()))
            return Explanation(rule, holds, event=event, roles=tuple(held_roles))
        case VisibleWith(relation) | EditableWith(relation) | RelatedPasses(relation):
            target = context.registry[context.registry.relation(resource, relation).target]
            if ends[rule] is None:
                return Explanation(rule, holds)
            required = outside_trash(target, asked_of_related(rule, target))
            there = explain(context, target, str(ends[rule]), required, named=False)
            return Explanation(rule, holds, (there,) if there is not None else ())
    return Explanation(rule, holds)
