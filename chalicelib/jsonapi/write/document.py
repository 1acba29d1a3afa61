"""Parses and validates request documents: resource objects and resource linkage."""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.jsonapi.ground.errors import (
    Problem,
    bad_document,
    conflict,
    forbidden,
    invalid,
)
from chalicelib.jsonapi.ground.json_mistakes import mistake_in_json
from chalicelib.jsonapi.ground.request import Request

MOST_LINKED = 1000
_UUID: Final = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Linkage:
    """A resource identifier from the request, with the JSON pointer to it."""

    type: str
    id: str
    pointer: str


@dataclass(slots=True)
class Incoming:
    """A resource object from the request. `linkage` is by wire name: one Linkage or None, or a list for to-
    many.
    """

    type: str
    id: str | None
    attributes: dict[str, Any] = field(default_factory=dict)
    linkage: dict[str, Linkage | list[Linkage] | None] = field(default_factory=dict)
    # Relationships with neither data nor links nor meta.
    hollow: list[str] = field(default_factory=list)


def read_json(request: Request, most: int | None = None) -> Any:
    """The body as JSON, of `most` bytes; default: as the options say. Raises Problem: 413 too large, 400 for
    invalid JSON.
    """
    demand_size(request, request.options.max_body_bytes if most is None else most)
    try:
        text = request.body.decode("utf-8")
        content = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
        if "\\u0000" in text or "\x00" in text or "\\ud" in text.lower():
            _refuse_unstorable(content, "")
    except UnicodeDecodeError:
        raise bad_document("The body is not UTF-8.") from None
    except RecursionError:
        raise bad_document("The body is nested too deeply.") from None
    except ValueError as problem:
        raise bad_document(f"The body is not JSON: {mistake_in_json(problem)}") from None
    return content


def demand_size(request: Request, most: int) -> None:
    """Raise Problem 413 for a body of more than `most` bytes."""
    if len(request.body) > most:
        raise Problem(413, f"A body may have {most} bytes at most.")


def is_type(sent: str, type_name: str, path: str = "") -> bool:
    """Whether a client means this type: by its name, in the plural, or by the path of its collection.

    Several client libraries have one word for a type and its address, and old clients write faq_type,
    user-emails or access-codes where they mean the real type.
    """
    if sent == type_name:
        return True
    spellings = {spelling.replace("_", "-") for spelling in (type_name, f"{type_name}s", path or type_name)}
    return sent.replace("_", "-") in spellings


def read_resource(
    request: Request,
    type_name: str,
    id: str | None,
    identifiers: Iterable[str] | None = (),
    *,
    path: str = "",
) -> Incoming:
    """The resource object in the body of a POST (id None) or of a PATCH of `id`.

    `identifiers` are other accepted spellings of the id, None where any will do, and `path` is that of the
    type's collection. Raises Problem 400, 403, 409, 413, 422.
    """
    content = _data_of(read_json(request))
    if not isinstance(content, dict):
        raise bad_document("data must be a resource object.", "/data")
    sent_type = content.get("type")
    if sent_type is None:
        raise invalid("The resource object has no type.")
    if not isinstance(sent_type, str):
        raise invalid("type must be a string.", "/data/type")
    if not is_type(sent_type, type_name, path):
        raise conflict(f"This address takes resources of type {type_name}.", "/data/type")
    sent_id = content.get("id")
    if id is None and isinstance(sent_id, str) and _UUID.fullmatch(sent_id):
        # Other values are placeholders of clients that must fill in something, such as "0" or a name.
        raise forbidden("The server chooses ids; send the resource without one.", "/data/id")
    if id is not None:
        if sent_id in (None, ""):
            raise bad_document("The resource object has no id.", "/data")
        is_id = isinstance(sent_id, (str, int))
        if not is_id or (identifiers is not None and str(sent_id) not in {id, *identifiers}):
            raise conflict("The id differs from the one in the address.", "/data/id")
    attributes = content.get("attributes") or {}
    if not isinstance(attributes, dict):
        raise bad_document("attributes must be an object.", "/data/attributes")
    incoming = Incoming(type_name, id, _by_wire_name(attributes))
    _read_relationships(content.get("relationships") or {}, incoming)
    return incoming


def _read_relationships(relationships: Any, incoming: Incoming) -> None:
    """Note the linkage of the relationships that have some; clients send others with links alone."""
    if not isinstance(relationships, dict):
        raise bad_document("relationships must be an object.", "/data/relationships")
    for name, relationship in relationships.items():
        if name.startswith("@"):
            continue
        pointer = f"/data/relationships/{name}"
        if not isinstance(relationship, dict):
            raise bad_document("A relationship must be an object.", pointer)
        if "data" in relationship:
            incoming.linkage[name] = _linkage(relationship["data"], f"{pointer}/data")
        elif not relationship.keys() & {"links", "meta"}:
            incoming.hollow.append(name)


def _by_wire_name(attributes: dict[str, Any]) -> dict[str, Any]:
    """The attributes by their names with dashes, which win: old clients write current_pax too. @-members are
    none.
    """
    named = {name: value for name, value in attributes.items() if name[:1] != "@"}
    old = {name.replace("_", "-"): named.pop(name) for name in list(named) if "_" in name}
    return old | named if old else named


def read_linkage(request: Request) -> Linkage | list[Linkage] | None:
    """The linkage in the body of a relationship request. Raises Problem 400, 413, 422."""
    return _linkage(_data_of(read_json(request)), "/data")


def _data_of(content: Any) -> Any:
    if not isinstance(content, dict):
        raise bad_document("The body must be a JSON object.")
    if "data" not in content:
        raise bad_document("The document has no member data.", "/data")
    return content["data"]


def _linkage(data: Any, pointer: str) -> Linkage | list[Linkage] | None:
    if data is None:
        return None
    if isinstance(data, list):
        if len(data) > MOST_LINKED:
            raise invalid(f"At most {MOST_LINKED} resources at once.", pointer)
        return [_identifier(identifier, f"{pointer}/{index}") for index, identifier in enumerate(data)]
    return _identifier(data, pointer)


def _identifier(data: Any, pointer: str) -> Linkage:
    if not isinstance(data, dict):
        raise invalid("Linkage is an object with type and id.", pointer)
    if not isinstance(data.get("type"), str):
        raise invalid("Linkage needs a type.", pointer)
    id = data.get("id")
    if isinstance(id, bool) or not isinstance(id, (str, int)) or id == "":
        raise invalid("Linkage needs an id.", pointer)
    return Linkage(data["type"], str(id), pointer)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:20]} is too large a number")
    return number


def _refuse_unstorable(content: Any, pointer: str) -> None:
    """Refuse texts that PostgreSQL cannot store: NUL characters and lone surrogates."""
    if isinstance(content, str):
        if "\x00" in content or any("\ud800" <= letter <= "\udfff" for letter in content):
            raise invalid("This text holds a character that cannot be stored.", pointer)
    elif isinstance(content, dict):
        for name, value in content.items():
            _refuse_unstorable(name, pointer)
            _refuse_unstorable(value, f"{pointer}/{name}")
    elif isinstance(content, list):
        for index, value in enumerate(content):
            _refuse_unstorable(value, f"{pointer}/{index}")
