"""Request documents."""

from collections.abc import Sequence
from typing import Any


def document(type: str, attributes: dict[str, Any] | None = None, id: object = None, **links: Any) -> Any:
    """A resource document. `links` are relationships: (type, row), a list of such pairs, or None.

    Underscores in a relationship's name become dashes.
    """
    data: dict[str, Any] = {"type": type, "attributes": attributes or {}}
    if id is not None:
        data["id"] = str(id)
    if links:
        data["relationships"] = {
            name.replace("_", "-"): {"data": linkage(value)} for name, value in links.items()
        }
    return {"data": data}


def linkage(value: Any) -> Any:
    """Resource identifiers for (type, row or id), a list of them, or None."""
    if value is None:
        return None
    if isinstance(value, Sequence) and not isinstance(value, tuple):
        return [linkage(item) for item in value]
    type, row = value
    return {"type": type, "id": str(getattr(row, "id", row))}
