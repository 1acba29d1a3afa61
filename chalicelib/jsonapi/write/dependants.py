"""Referential consistency: a row with dependants cannot move, for instance to another event.

The dependants follow from the registry. `within` names what two linked rows must share; a row that is tied to
it in another way as well, as an attendee is by ticket, order and event, would become inconsistent if one of
them moved alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from chalicelib import db
from chalicelib.db import Model
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.relation import forward
from chalicelib.jsonapi.model.relationship import ToMany, ToOne
from chalicelib.jsonapi.model.resource import Registry, Resource


@dataclass(frozen=True, slots=True)
class Dependant:
    """A dependant of a type: its type, its table (or the association table), and the column with the id."""

    type: str
    table: str
    column: str


def refuse_move_with_dependants(
    context: Context, resource: Resource, row: Model, before: Mapping[str, object]
) -> None:
    """Refuse to move a row that has dependants. Raises Problem 422.

    Soft-deleted ones count, as they may be restored.
    """
    if not before:
        return
    for name in parent_types(context.registry):
        relation = context.registry.relations[resource.type].get(name)
        if relation is None or relation.column is None or relation.column not in before:
            continue
        if before[relation.column] is None:
            continue  # it belonged to none before
        dependant = _first(context, row, dependants(context.registry, resource.type, name))
        if dependant is not None:
            noun = context.registry[dependant.type].singular
            raise invalid(
                f"This {resource.singular} stays at its {relation.wire}: a {noun} depends on it.",
                f"/data/relationships/{relation.wire}",
            )


@cache
def parent_types(registry: Registry) -> tuple[str, ...]:
    """The names of the to-one relationships that linked rows must share, such as "event"."""
    if registry.parent_types is not None:
        return registry.parent_types
    return tuple(
        sorted(
            {
                relation.same_parent
                for _, _, relation in _declared(registry)
                if relation.same_parent is not None
            }
        )
    )


@cache
def dependants(registry: Registry, resource_type: str, parent: str) -> tuple[Dependant, ...]:
    """The dependants of a type that are tied to the parent in another way too."""
    known = registry.known_dependants(resource_type, parent)
    if known is not None:
        return tuple(Dependant(*dependant) for dependant in known)
    bound = _bound(registry, parent)
    tables = {noun.table for noun in registry if noun.model is not None}
    tied: list[Dependant] = []
    for noun, name, declared in _declared(registry):
        relation = forward(noun.type, name, declared)
        if isinstance(declared, ToOne):
            if declared.target != resource_type or name == parent or relation.column == "id":
                continue
            if _is_bound_otherwise(registry, noun, name, bound):
                tied.append(Dependant(noun.type, noun.table, relation.column or ""))
        elif relation.through and not relation.through.startswith("(") and relation.through not in tables:
            if noun.type == resource_type and declared.target in bound:
                tied.append(Dependant(declared.target, relation.through, relation.left or ""))
            elif declared.target == resource_type and noun.type in bound:
                tied.append(Dependant(noun.type, relation.through, relation.right or ""))
    return tuple(dict.fromkeys(tied))


def _declared(registry: Registry) -> Iterator[tuple[Resource, str, ToOne | ToMany]]:
    for noun in registry:
        if noun.model is not None:
            for name, declared in noun.declared.items():
                if declared.target in registry:
                    yield noun, name, declared


@cache
def _bound(registry: Registry, parent: str) -> frozenset[str]:
    """The types whose rows belong to the parent, directly or through what they belong to."""
    to_ones = [
        (noun.type, name, relation.target)
        for noun, name, relation in _declared(registry)
        if isinstance(relation, ToOne)
    ]
    types = {type for type, name, _ in to_ones if name == parent}
    while more := {type for type, _, target in to_ones if target in types} - types:
        types |= more
    return frozenset(types)


def _is_bound_otherwise(registry: Registry, noun: Resource, name: str, bound: frozenset[str]) -> bool:
    parents = parent_types(registry)
    return any(
        isinstance(other, ToOne) and (other_name in parents or other.target in bound)
        for other_name, other in noun.declared.items()
        if other_name != name and other.target in registry
    )


def _first(context: Context, row: Model, among: tuple[Dependant, ...]) -> Dependant | None:
    if not among:
        return None
    tried = ", ".join(
        f'EXISTS (SELECT FROM "{dependant.table}" WHERE "{dependant.column}" = $1::bigint)'
        for dependant in among
    )
    answers: list[Any] = db.fetch(context.session, f"SELECT {tried}", [row.id], flush=False)[0]
    return next((dependant for dependant, hangs in zip(among, answers, strict=True) if hangs), None)
