"""Limit of the total text of one row, so that a page of rows fits into an answer.

Each text has a maximum of its own, but all together could be more than an answer can carry.
"""

from typing import Any

from sqlalchemy.orm.attributes import instance_dict

from chalicelib.db import Model
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.objects_sent import size_of
from chalicelib.jsonapi.model.resource import Resource

_MOST_OF_A_LETTER = 6  # bytes per character in JSON, as in \u0001
_MOST_AS_SENT = 12  # bytes per character in the JSON that Lambda returns, as in \ud83d\ude00
_SIZED = (str, list, dict)
# As functions without a line of Python, since every write asks twice about every column.
_is_text, _is_list, _is_object = str.__instancecheck__, list.__instancecheck__, dict.__instancecheck__
_REST = 1_000_000  # bytes for what is no column of the row: links, computed attributes


def demand_room(resource: Resource, change: Change) -> None:
    """Raise Problem 422, at the largest attribute sent, if the row's texts exceed `resource.most_bytes`.

    A row that exceeds it already may be changed as long as it does not grow.
    """
    if _length(change.row) * _MOST_OF_A_LETTER <= resource.most_bytes:
        return
    sizes = {name: size_of(value) for name, value in _texts(change.row).items()}
    size = sum(sizes.values())
    if size <= resource.most_bytes:
        return
    if not change.is_new:
        grown = sum(sizes.get(name, 0) - _size(former) for name, former in change.before.items())
        if grown <= 0:
            return
    sent = [
        attribute
        for name, attribute in resource.attributes.items()
        if name in change.sent and attribute.column in sizes
    ]
    largest = max(sent, key=lambda attribute: sizes[attribute.column], default=None)
    raise invalid(
        f"All texts of one {resource.singular} may have {resource.most_bytes:,} bytes; these have {size:,}.",
        "/data/attributes" if largest is None else f"/data/attributes/{largest.wire}",
    )


def is_certain_to_fit(row: Model, most: int) -> bool:
    """Whether a document of this row alone has at most so many bytes as it is sent, without rendering it."""
    return _length(row) * _MOST_AS_SENT + _REST <= most


def _length(row: Model) -> int:
    """Characters in the row's texts, and at least as many in its lists and objects."""
    values = instance_dict(row).values()
    containers = *filter(_is_list, values), *filter(_is_object, values)
    return sum(map(len, filter(_is_text, values))) + sum(map(size_of, containers))


def _texts(row: Model) -> dict[str, Any]:
    return {name: value for name, value in instance_dict(row).items() if isinstance(value, _SIZED)}


def _size(former: Any) -> int:
    return size_of(former) if isinstance(former, _SIZED) else 0
