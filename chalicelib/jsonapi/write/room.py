"""How much text one row may hold, all its attributes together: a page of rows fits into one answer.

Each text has a maximum of its own; together they could be far more than anybody needs, and than an answer
to everybody can carry.
"""

from typing import Any

from sqlalchemy.orm.attributes import instance_dict

from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.objects_sent import size_of
from chalicelib.jsonapi.model.resource import Resource

_MOST_OF_A_LETTER = 6  # bytes in JSON, as \u0001 has


def demand_room(resource: Resource, change: Change) -> None:
    """Raise Problem with 422, at the largest attribute that was sent, when the row holds too much text.

    One that does already, from before there was a limit, may be changed as long as it does not grow.
    """
    held = instance_dict(change.row)
    texts = {name: value for name, value in held.items() if isinstance(value, str | list | dict)}
    shortest = sum(len(one) if isinstance(one, str) else resource.most_bytes for one in texts.values())
    if shortest * _MOST_OF_A_LETTER <= resource.most_bytes:
        return
    sizes = {name: size_of(value) for name, value in texts.items()}
    size = sum(sizes.values())
    if size <= resource.most_bytes:
        return
    if not change.is_new:
        grown = sum(sizes.get(name, 0) - _size(former) for name, former in change.before.items())
        if grown <= 0:
            return
    sent = [one for name, one in resource.attributes.items() if name in change.sent and one.column in sizes]
    largest = max(sent, key=lambda one: sizes[one.column], default=None)
    raise invalid(
        f"All texts of one {resource.singular} may have {resource.most_bytes:,} bytes; these have {size:,}.",
        "/data/attributes" if largest is None else f"/data/attributes/{largest.wire}",
    )


def _size(former: Any) -> int:
    return size_of(former) if isinstance(former, str | list | dict) else 0
