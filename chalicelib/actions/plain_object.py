"""Plain JSON objects in request bodies, by a schema or by members; what is not understood is refused."""

from collections.abc import Callable, Collection
from typing import Any

from marshmallow import ValidationError
from marshmallow.exceptions import SCHEMA

from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema
from chalicelib.jsonapi.write.document import read_json


def members_of(
    context: Context,
    known: Collection[str],
    *,
    otherwise: str = "The body is an object.",
    unknown: Callable[[str], str] | None = None,
    may_be_empty: bool = False,
) -> dict[str, Any]:
    """The body, an object with these members alone; with `may_be_empty` {} where there is none.

    Raises Problem 400, 413, and 422: `otherwise` for no object, and what `unknown` says of another member.
    """
    is_there = context.request.body.strip() or not may_be_empty
    content = read_json(context.request) if is_there else {}
    if not isinstance(content, dict):
        raise invalid(otherwise, "")
    for name in sorted(content.keys() - set(known)):
        said = unknown(name) if unknown else f"There is no {name:.100}; there are {', '.join(known)}."
        raise invalid(said, f"/{name:.100}")
    return content


def object_of(
    context: Context, schema: type[Schema], *, otherwise: str, members: str, nested: bool = False
) -> dict[str, Any]:
    """The validated members of the object in the body.

    Raises Problem 422: `otherwise` for no object, `members` at one that the schema has not, and the first
    mistake at its member; with `nested`, where it is within that.
    """
    fields = schema()
    known = [str(field.data_key) for field in fields.fields.values()]
    content = members_of(context, known, otherwise=otherwise, unknown=lambda _name: members)
    try:
        return dict(fields.load(content))
    except ValidationError as mistake:
        name, told = next(iter(mistake.normalized_messages().items()))  # type: ignore[no-untyped-call]
        pointer = f"/{name}"
        while nested and isinstance(told, dict):
            name, told = next(iter(told.items()))
            pointer += f"/{name}" if name != SCHEMA else ""
        sentence = told[0] if isinstance(told, list) else "This is no list of ids."
        raise invalid(str(sentence), pointer) from None


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


def text_in(content: dict[str, Any], name: str, pointer: str, longest: int) -> str:
    """A text, or "" where it is missing or null. Raises Problem 422."""
    text = content.get(name)
    if text is None:
        return ""
    if not isinstance(text, str) or len(text) > longest:
        raise invalid(f"{name} is a text of at most {longest:,} characters.", pointer)
    return text


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
