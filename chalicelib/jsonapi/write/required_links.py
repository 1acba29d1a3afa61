"""Required links of a document, and links to a parent that follow from another link.

A review's event is that of its proposal, which the reviewer sees, although the event may be hidden.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.jsonapi.ground.errors import invalid, not_found
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.write.document import Incoming, Linkage

# A linked row: (id, id of the shared parent or None, prefetched columns or None).
Linked = tuple[int, int | None, dict[str, Any] | None]


def demand_required(
    relations: Mapping[str, Relation], incoming: Incoming, to_one: Sequence[tuple[Relation, Linkage]]
) -> None:
    """Raise Problem 422 for a required relationship that is not sent, unless it follows from another one."""
    linked = {relation.name for relation, _ in to_one}
    for name, relation in relations.items():
        sent = relation.wire in incoming.linkage or name in incoming.linkage or relation.known_by in linked
        if relation.required and relation.column and not relation.read_only and not sent:
            raise invalid(
                f"The relationship {relation.wire} is required.", f"/data/relationships/{relation.wire}"
            )


def demand_known(
    context: Context,
    links: Sequence[tuple[Relation, Linkage]],
    linked_rows: Mapping[int, Linked],
    relation: Relation,
    linkage: Linkage,
) -> None:
    """Raise Problem 404 for a link to a hidden row, unless a visible row that is linked too belongs to it."""
    parents = (
        linked_rows[number][1]
        for number, (other, _) in enumerate(links)
        if other.name == relation.known_by and number in linked_rows
    )
    if linkage.id in map(str, parents):
        return
    singular = context.registry[relation.target].singular
    raise not_found(f"There is no {singular} {linkage.id:.100}.", linkage.pointer)
