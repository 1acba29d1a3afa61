"""JSON Schemas in the API Blueprint: self-contained, as none may refer to another, and therefore short.

A resource type has its exact schema in its own section. Where another type's relationship answers with it,
the schema has the names and kinds of all members, and no choices or limits.
"""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from chalicelib.docs.openapi_components import GENERAL, document
from chalicelib.docs.operations import Body
from chalicelib.docs.schemas import Json, answered, identifier
from chalicelib.jsonapi.model.resource import Registry

# Members of schemas that validate nothing. Whom an attribute is for is in the OpenAPI document.
_UNCHECKED: Final = {"readOnly", "format", "x-rights"}
# What a schema of a member says where it is repeated.
_KINDS: Final = ("type", "anyOf", "required")
_GROUPED: Final = {"attributes", "relationships", "links"}
_OPENING: Final = {"const": {"version": "1.1"}}


def exact(registry: Registry, body: Body, *, repeated: bool = False) -> Json:
    """The schema for a viewer who sees everything: self-contained, with all members required.

    One that is `repeated` has the kind of each member, and what else holds is said in the type's own section:
    choices, limits, which links there are, and what is included.
    """
    if body.kind == "plain":
        plain: Json = _inlined(registry, body.schema)
        return plain
    inlined: Json = _inlined(registry, document(registry, body))
    whole: Json = _complete(inlined, repeated=repeated)
    return whole


def _inlined(registry: Registry, schema: Any) -> Any:
    if isinstance(schema, list):
        return [_inlined(registry, item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _named(registry, schema["$ref"].rpartition("/")[2])
    return {name: _inlined(registry, part) for name, part in schema.items()}


@lru_cache(maxsize=2048)
def _named(registry: Registry, name: str) -> Json:
    """The named schema with its references inlined."""
    type_name, _, kind = name.rpartition(".")
    if name in GENERAL:
        schema = GENERAL[name]
    elif name in registry:
        schema = answered(registry, registry[name])
    elif kind == "identifier":
        schema = identifier(type_name)
    else:  # a relationship: only its links in these answers
        return {"type": "object", "required": ["links"]}
    inlined: Json = _inlined(registry, schema)
    return inlined


def _complete(schema: Any, name: str = "", *, repeated: bool) -> Any:
    """The schema with every attribute and relationship required, without what validates nothing."""
    if isinstance(schema, list):
        return [_complete(item, repeated=repeated) for item in schema]
    if not isinstance(schema, dict):
        return schema
    members = {
        key: _complete(part, key, repeated=repeated) for key, part in schema.items() if key not in _UNCHECKED
    }
    if name == "jsonapi":
        return _OPENING
    if repeated and name == "included":
        return {"type": "array"}
    if name not in _GROUPED or not schema.get("properties"):
        return members
    required = members.get("required", ()) if name == "links" else list(schema["properties"])
    if repeated and name == "links":
        return {"type": "object", "required": list(required)}
    return _grouped(members, required, repeated=repeated)


def _grouped(schema: Json, required: Iterable[str], *, repeated: bool) -> Json:
    """The same with members of equal schema grouped, which halves its size.

    If it is repeated and all are required, it is by their number, as no others are allowed: Dredd names a
    missing one in the type's own section.
    """
    properties: Json = schema["properties"]
    kinds: dict[str, list[str]] = {}
    for name, member in properties.items():
        kind = {key: member[key] for key in _KINDS if key in member} if repeated else member
        kinds.setdefault(compact(kind), []).append(name)
    names = list(required)
    by_number = repeated and len(names) == len(properties)
    return {
        "type": "object",
        "patternProperties": {f"^({'|'.join(names)})$": json.loads(kind) for kind, names in kinds.items()},
        "additionalProperties": False,
        **({"minProperties": len(names)} if by_number else {"required": names}),
    }


def compact(value: Any) -> str:
    """JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
