"""Which documents shared caches may answer with: those of which every part is declared as shared.

A noun is not, unless it says so (default deny). An attribute that counts places is `live`: a document that
tells it is never shared, nor one whose rows were chosen or sorted by it.
"""

import re
from collections.abc import Iterator
from typing import Literal

from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.jsonapi.query.filters import All, AnyOf, Compare, Node, Not, Related
from chalicelib.jsonapi.query.parse import Tree
from chalicelib.jsonapi.read.shape import Shape

Missing = re.Pattern[str] | Literal[""] | None


class _Unshared(Exception):
    """Something in the document may not be shared."""


def members_to_miss(registry: Registry, shape: Shape) -> Missing:
    """None where no document of this shape is shared; else what one must not have: members, as in JSON.

    Within texts of JSON quotation marks are escaped: no text is taken for a member.
    """
    if shape.kind is not Kind.NOBODY or shape.trashed or shape.mode == "known":
        return None
    try:
        shown = dict.fromkeys(_nouns(registry, shape))
        if shape.where is not None:
            _demand_conditions(registry, registry[shape.type], shape.where)
        for key in shape.sort or registry[shape.type].order:
            _demand_key(registry, registry[shape.type], key)
    except _Unshared:
        return None
    chosen = dict(shape.fields)
    members = (
        f'"{resource.attributes[name].wire}"'
        for resource in shown
        for name in sorted(_live(resource))
        if name in chosen.get(resource.type, _live(resource))
    )
    alternatives = "|".join(members)
    return re.compile(alternatives) if alternatives else ""


def _nouns(registry: Registry, shape: Shape) -> Iterator[Resource]:
    """The nouns whose rows are in the document, or at its start. Raises _Unshared."""
    root = _demanded(registry, shape.type)
    yield root
    if shape.parent is not None:
        _demanded(registry, shape.parent)
    yield from _included(registry, root, shape.include or ())


def _included(registry: Registry, resource: Resource, tree: Tree) -> Iterator[Resource]:
    for name, below in tree:
        target = _demanded(registry, registry.relations[resource.type][name].target)
        yield target
        yield from _included(registry, target, below)


def _demand_conditions(registry: Registry, resource: Resource, node: Node) -> None:
    match node:
        case All(nodes) | AnyOf(nodes):
            for inner in nodes:
                _demand_conditions(registry, resource, inner)
        case Not(inner):
            _demand_conditions(registry, resource, inner)
        case Related(relation, inner):
            target = _demanded(registry, registry.relation(resource, relation).target)
            _demand_conditions(registry, target, inner)
        case Compare(name, _, _, other):
            if {name, other} & _live(resource):
                raise _Unshared
        case _:
            raise _Unshared


def _demand_key(registry: Registry, resource: Resource, key: str) -> None:
    *steps, last = key.lstrip("-").split(".")
    for step in steps:
        resource = _demanded(registry, registry.relations[resource.type][step].target)
    if last in _live(resource):
        raise _Unshared


def _live(resource: Resource) -> frozenset[str]:
    """Python names of the attributes that no shared cache may tell."""
    return frozenset(name for name, member in resource.attributes.items() if member.live)


def _demanded(registry: Registry, resource_type: str) -> Resource:
    resource = registry[resource_type]
    if not resource.shared:
        raise _Unshared
    return resource
