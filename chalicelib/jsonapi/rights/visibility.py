"""Visibility check for actions: one statement finds a row, asks who sees it, and evaluates SQL about it.

Whoever does not see a row is told nothing of it, by whatever action: the noun's own policy is part of the
statement, and no action repeats it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from chalicelib import db_statements
from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.errors import Problem, forbidden, not_found
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.sql import TRUE, Row, Sql, Statement, all_of, render, sql
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.rights import viewer_parameters
from chalicelib.jsonapi.rights.compiler import Compiler
from chalicelib.jsonapi.rights.soft_delete import not_deleted
from chalicelib.jsonapi.rights.verdicts import places_of_roles


@dataclass(frozen=True, slots=True)
class Visible:
    """A row that the viewer sees.

    has_role  whether the viewer holds one of the roles that were asked for, where the row belongs; staff does
    value     what the SQL expression gives for the row
    passes    whether the row passes the further rule that was asked
    """

    id: int
    has_role: bool
    value: Any = None
    passes: bool = True


def visible(
    context: Context,
    type: str,
    key: str,
    expression: str = "NULL",
    values: Sequence[object] = (),
    *,
    roles: frozenset[str] = frozenset(),
    rule: Rule | None = None,
    held_at: Sequence[int] = (),
) -> Visible:
    """The row of this type whose id or identifier is `key`. Raises Problem 404 where the viewer sees none.

    `expression` is SQL about the row, whose alias is the type (`event.name`; dashes are underscores);
    `event.has_role` says there what Visible.has_role says. `values` are its parameters $4, $5 ...
    `rule` is one more that is declared beside the policy: Visible.passes says whether it holds.
    `held_at` are ids of events where the viewer counts as a holder of the roles.
    """
    noun, viewer = context.registry[type], context.viewer
    by_id = is_number(key)
    if not by_id and noun.identifier is None:
        raise _missing(context, noun, key)
    shape = (viewer.kind, frozenset(viewer.proofs), by_id, expression, len(values), rule)
    statement = _statement(context.registry, noun, *shape)
    events = [*viewer.events_with_role(roles), *held_at]
    mine = [int(key) if by_id else key, viewer.is_staff, events, *values]
    given: dict[object, object] = dict(enumerate(mine))
    rows = db_statements.fetch(
        context.session, statement.text, viewer_parameters.values(statement, viewer, given)
    )
    if not rows:
        raise _missing(context, noun, key)
    return Visible(*rows[0])


def visible_to_team(
    context: Context,
    type: str,
    key: str,
    expression: str = "NULL",
    values: Sequence[object] = (),
    *,
    roles: frozenset[str],
    capability: str = "",
) -> Visible:
    """As visible(), for holders of the roles alone. Raises Problem 401, 403, and 404 where it is not seen.

    Whoever has no account, and a token that opens an event under the name
    `capability`, counts as one of
    them there.
    """
    event_id = context.viewer.opens.get(capability) if capability and context.viewer.id is None else None
    if event_id is None:
        context.demand_account()
    alias = _alias(context.registry[type])
    guarded = f"CASE WHEN {alias}.has_role THEN {expression} END"
    held_at = () if event_id is None else (event_id,)
    visible_row = visible(context, type, key, guarded, values, roles=roles, held_at=held_at)
    if not visible_row.has_role:
        raise forbidden(f"This is for the {context.registry[type].singular}'s team.")
    return visible_row


def has_role_at(context: Context, type: str, id: int, roles: frozenset[str]) -> bool:
    """Whether the viewer sees the row and holds one of the roles there. Costs nothing for holders of none."""
    if not context.viewer.has_role(roles, id):
        return False
    try:
        return visible(context, type, str(id), roles=roles).has_role
    except Problem:
        return False


def visible_where(
    registry: Registry,
    type: str,
    row: Row,
    kind: Kind,
    *,
    rule: Rule | None = None,
    proofs: frozenset[str] = frozenset(),
) -> Sql:
    """The condition for a larger statement: the row is in no trash, and this kind of viewer sees it.

    `rule` is one that the noun declares beside its policy, to be asked instead.
    """
    noun = registry[type]
    seen = Compiler(registry, kind, proofs).condition(rule or (noun.policy.see & noun.policy.read), noun, row)
    return all_of(not_deleted(noun, row), seen)


def listed_where(registry: Registry, type: str, row: Row, kind: Kind) -> Sql:
    """As visible_where(), of the rows that this kind of viewer sees in the list of the type."""
    policy = registry[type].policy
    return visible_where(registry, type, row, kind, rule=policy.see & policy.read & policy.list)


@lru_cache(maxsize=256)
def _statement(
    registry: Registry,
    noun: Resource,
    kind: Kind,
    proofs: frozenset[str],
    by_id: bool,
    expression: str,
    values: int,
    rule: Rule | None,
) -> Statement:
    row = Row(_alias(noun), identified=not by_id)
    by = f"{row}.id = $1::bigint" if by_id else f'{row}."{noun.identifier}" = $1::text'
    places = places_of_roles(registry, noun)
    role_condition = f" OR {row}.{places[0][1]} = ANY($3::bigint[])" if places else " OR $3::bigint[] IS NULL"
    passes = Compiler(registry, kind, proofs).condition(rule, noun, row) if rule is not None else TRUE
    select = sql(
        *(f"SELECT {row}.id, {row}.has_role, {expression}, coalesce(", passes, ", FALSE)"),
        f" FROM (SELECT {row}.*, $2::boolean{role_condition} AS has_role ",
        f"FROM {noun.from_sql} {row} WHERE {by}) {row}",
    )
    condition = visible_where(registry, noun.type, row, kind, proofs=proofs)
    return render(sql(select, " WHERE ", condition), first=range(3 + values))


def _alias(noun: Resource) -> str:
    # In quotes, since a type may be a word of SQL's (user, order).
    return f'"{noun.type.replace("-", "_")}"'


def _missing(context: Context, noun: Resource, key: str) -> Problem:
    shared = noun.shared and context.viewer.kind is Kind.NOBODY
    return not_found(f"There is no {noun.singular} {key}.", shared=shared)
