"""Bodies of actions about reviews and held mails: an object with known members, and lists of ids in it."""

from collections.abc import Collection
from typing import Any

from chalicelib.jsonapi.ground.errors import bad_document, invalid
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.document import read_json


def members_of(context: Context, known: Collection[str]) -> dict[str, Any]:
    """The body, an object with these members alone; {} where there is none. Raises Problem 400, 413, 422."""
    content = read_json(context.request) if context.request.body else {}
    if not isinstance(content, dict):
        raise bad_document("The body is an object.")
    for name in content:
        if name not in known:
            raise invalid(f"There is no {name:.100}; there are {', '.join(known)}.", f"/{name:.100}")
    return content


def ids_in(content: dict[str, Any], name: str, most: int) -> list[int]:
    """The ids of a list, in its order, each once. Raises Problem 422."""
    listed = content.get(name)
    if not isinstance(listed, list) or not 0 < len(listed) <= most:
        raise invalid(f"{name} is a list of 1 to {most} ids.", f"/{name}")
    for position, id in enumerate(listed):
        if not _is_id(id):
            raise invalid("This is no id.", f"/{name}/{position}")
    ids = [int(id) for id in listed]
    for position, id in enumerate(ids):
        if id in ids[:position]:
            raise invalid("This id is in the list twice.", f"/{name}/{position}")
    return ids


def id_in(content: dict[str, Any], name: str, pointer: str) -> int:
    """An id. Raises Problem 422."""
    value: Any = content.get(name)
    if not _is_id(value):
        raise invalid(f"{name} is an id.", pointer)
    return int(value)


def _is_id(value: Any) -> bool:
    return isinstance(value, (int, str)) and not isinstance(value, bool) and is_number(str(value))


def number_in(content: dict[str, Any], name: str, pointer: str, most: int) -> int:
    """A whole number from 1 to `most`. Raises Problem 422."""
    number = content.get(name)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= most:
        raise invalid(f"{name} is a number from 1 to {most}.", pointer)
    return number
