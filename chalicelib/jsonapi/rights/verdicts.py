"""Evaluates permission rules for one row, stored or not, before it is written.

The rules that narrow reading are evaluated against a row of literals, so they work for rows that do not exist
yet and for values that are not stored yet.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from chalicelib import db_statements
from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.errors import Problem, forbidden, unauthorized
from chalicelib.jsonapi.ground.sql import FALSE, TRUE, Param, Row, Sql, Statement, joined, render, sql
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.rights import viewer_parameters
from chalicelib.jsonapi.rights.compiler import Compiler
from chalicelib.jsonapi.rights.viewer_parameters import KnownRoles

if TYPE_CHECKING:
    from chalicelib.db import Model


@dataclass(frozen=True, slots=True)
class _Question:
    """Rules as conditions on a row of literals, which has the columns that they read.

    There is no statement where the kind of viewer alone decides all of them.
    """

    conditions: tuple[Sql, ...]
    columns: tuple[str, ...] = ()
    statement: Statement | None = None


@lru_cache(maxsize=1024)
def _question(
    registry: Registry,
    kind: Kind,
    resource: Resource,
    rules: tuple[Rule, ...],
    known_visible: frozenset[str],
    proofs: frozenset[str],
    known: KnownRoles,
) -> _Question:
    compiler, row = Compiler(registry, kind, proofs), Row("t", roles=dict(known), visible=known_visible)
    conditions = tuple(compiler.condition(rule, resource, row) for rule in rules)
    if all(condition is TRUE or condition is FALSE for condition in conditions):
        return _Question(conditions)
    columns = joined(", ", conditions)
    names = tuple(sorted(columns.columns(row)))
    literals = (sql(Param(("column", name), resource.column_type(name)), f' AS "{name}"') for name in names)
    source = sql(" FROM (SELECT ", joined(", ", literals), f") {row}") if names else sql()
    return _Question(conditions, names, render(sql("SELECT ", columns, source)))


def _ask_database(
    context: Context,
    resource: Resource,
    rules: tuple[Rule, ...],
    known_visible: frozenset[str] = frozenset(),
    known: KnownRoles = frozenset(),
) -> _Question:
    viewer = context.viewer
    return _question(
        context.registry, viewer.kind, resource, rules, known_visible, frozenset(viewer.proofs), known
    )


def known_roles(context: Context, resource: Resource, row: "Model") -> KnownRoles:
    """The viewer's roles at the rows that this row belongs to; they were loaded with the viewer."""
    viewer = context.viewer
    if viewer.kind is not Kind.USER:
        return frozenset()
    places = places_of_roles(context.registry, resource)
    return frozenset((at, viewer.roles_at(getattr(row, column))) for at, column in places)


@lru_cache(maxsize=512)
def places_of_roles(registry: Registry, resource: Resource) -> tuple[tuple[str, str], ...]:
    """Where a row of the noun says at which row its viewers have roles: (relationship or "id", column)."""
    relations = registry.relations[resource.type].values()
    to_ones = [
        (relation.name, relation.column)
        for relation in relations
        if relation.column and relation.target == registry.roles_at
    ]
    own = [("id", "id")] if resource.type == registry.roles_at else []
    return (*to_ones, *own)


def roles_by_id(context: Context, noun: Resource, id: str | None) -> KnownRoles:
    """The viewer's roles at the row with this id; empty for types at which no roles are held."""
    viewer = context.viewer
    if noun.type != context.registry.roles_at or viewer.kind is not Kind.USER or id is None:
        return frozenset()
    return frozenset({("id", viewer.roles_at(int(id)))})


def evaluate(
    context: Context,
    resource: Resource,
    row: "Model",
    rules: Sequence[Rule],
    known_visible: Iterable[str] = (),
) -> list[bool]:
    """For each rule whether it holds for the row's current values; one statement at most.

    `known_visible` are relationships whose targets are known to be visible to the viewer.
    """
    known = known_roles(context, resource, row)
    question = _ask_database(context, resource, tuple(rules), frozenset(known_visible), known)
    statement = question.statement
    if statement is None:
        return [condition is TRUE for condition in question.conditions]
    columns: dict[object, object] = {("column", name): getattr(row, name) for name in question.columns}
    values = viewer_parameters.values(statement, context.viewer, columns)
    rows = db_statements.fetch(context.session, statement.text, values, flush=False)
    return [value is True for value in rows[0]]


def demand(
    context: Context,
    resource: Resource,
    row: "Model",
    rule: Rule,
    refusal: str,
    known_visible: Iterable[str] = (),
) -> None:
    """Raise Problem 401 or 403, with the text `refusal`, unless the rule holds for the row's values."""
    if not evaluate(context, resource, row, [rule], known_visible)[0]:
        raise refused(context, refusal)


def may_be_allowed(context: Context, resource: Resource, rule: Rule) -> bool:
    """Whether the rule can hold for any row at all, for this viewer."""
    return _ask_database(context, resource, (rule,)).conditions[0] is not FALSE


def refused(context: Context, detail: str) -> Problem:
    """401 for a viewer without an account, else 403."""
    return unauthorized() if context.viewer.kind < Kind.USER else forbidden(detail)
