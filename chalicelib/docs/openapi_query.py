"""OpenAPI query parameters: shared ones, and those of each resource type."""

from typing import Any, Final

from chalicelib.docs.schemas import Json
from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.jsonapi.model.fields import Computed, fields
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.jsonapi.query.filter_reader import MOST_CONDITIONS
from chalicelib.jsonapi.query.parse import MOST_SORTS

_WHOLE: Final = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
_CURSOR: Final = {"type": "string", "pattern": "^[A-Za-z0-9_-]+$", "minLength": 1}
_SWITCH: Final = {"type": "string", "pattern": "^[^\\x00]*$", "examples": ["true"]}
_PLAIN: Final = {"type": "string", "pattern": "^[^\\x00]*$"}
# A backslash escapes the next character of a pattern, so it may not be the last one.
_PATTERN: Final = {"type": "string", "pattern": "^([^\\x00\\\\]|\\\\[^\\x00])*$"}
KEY: Final = "idempotency-key"
# Bare, or a quoted string of structured fields (RFC 8941).
WELL_FORMED_KEY: Final = r'^[ \t]*([!#-~][!-~]{0,254}|"([!#-\[\]-~]|\\["\\]){1,255}")[ \t]*$'
# Component name -> query parameter.
SHARED: Final[dict[str, Json]] = {
    "page.number": {
        "name": "page[number]",
        "description": "The page, from 1",
        "schema": {**_WHOLE, "minimum": 1},
    },
    "page.size": {
        "name": "page[size]",
        "description": "Resources on a page; 0 means all. Instead of page[number] and page[size], "
        "page[offset] and page[limit] are understood, where the offset is a multiple of the limit",
        "schema": _WHOLE,
    },
    "page.after": {
        "name": "page[after]",
        "description": "A page by cursor: what comes after this one, taken from links.next. Pages by cursor "
        "stay stable while rows come and go. The first is asked for by the profile "
        "https://jsonapi.org/profiles/ethanresnick/cursor-pagination/ in the Accept header",
        "schema": _CURSOR,
    },
    "page.before": {
        "name": "page[before]",
        "description": "A page by cursor: what comes before this one, taken from links.prev",
        "schema": _CURSOR,
    },
    "trashed": {
        "name": "get_trashed",
        "description": "true also shows what is in the trash, to whoever may see that; with_trashed means "
        "the same",
        "schema": _SWITCH,
    },
    "permanent": {
        "name": "permanent",
        "description": "true removes for good, for whoever may do that",
        "schema": _SWITCH,
    },
}
_PARTS: Final[dict[str, tuple[str, ...]]] = {
    "page": ("page.number", "page.size"),
    "cursor": ("page.after", "page.before"),
    "trashed": ("trashed",),
    "permanent": ("permanent",),
}


def names(type_name: str, query: tuple[str, ...], registry: Registry) -> list[str]:
    """The names of the components for an operation on the type `type_name`."""
    parameter_names: list[str] = []
    for family in query:
        if family in _PARTS:
            parameter_names += _PARTS[family]
        elif family != "include" or registry.relations[type_name]:
            parameter_names.append(f"{type_name}.{family}")
    return parameter_names


def shared() -> dict[str, Json]:
    """The parameters that mean the same everywhere."""
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "A key of your own choice, 1 to 255 visible ASCII characters: a request that is sent "
        "again with it within 24 hours is not done again, but gets the answer to the first one, and the "
        "header Idempotent-Replayed says so",
        "schema": {"type": "string", "minLength": 1, "pattern": WELL_FORMED_KEY},
    }
    return {name: {"in": "query", **parameter} for name, parameter in SHARED.items()} | {KEY: key}


def own(registry: Registry, resource: Resource) -> dict[str, Json]:
    """A type's own parameters: include, fields, sort and filter."""
    relations = registry.relations[resource.type].values()
    sortable = [
        "id",
        *(attribute.wire for attribute in resource.readable.values() if attribute.sql_type != "JSONB"),
    ]
    members = [
        *(attribute.wire for attribute in resource.readable.values()),
        *(relation.wire for relation in relations),
    ]
    parameters = {
        "fields": _listed(
            f"fields[{resource.type}]",
            "The attributes and relationships that are wanted; an empty list means none. fields[TYPE] does "
            "the same for what is included",
            members,
        ),
        "sort": _listed(
            "sort",
            "What to sort by; - in front means descending. Dotted paths lead over to-one relationships",
            [sign + name for name in sortable for sign in ("", "-")],
            maxItems=MOST_SORTS,
        ),
        "filter": {
            "name": "filter",
            "in": "query",
            "description": "Conditions {name, op, val}, which and, or and not join; name__other leads over a "
            "relationship. filter[name]=value means equal",
            "content": {"application/json": {"schema": _conditions(registry, resource)}},
        },
    }
    if relations:
        parameters["include"] = _listed(
            "include", "What to send along; dotted paths lead further", paths(registry, resource)
        )
    return {f"{resource.type}.{name}": parameter for name, parameter in parameters.items()}


def paths(registry: Registry, resource: Resource) -> list[str]:
    """The relationships that can be included, and those of their to-one targets."""
    paths = []
    for relation in registry.relations[resource.type].values():
        paths.append(relation.wire)
        if relation.column is not None and not relation.many:
            further = registry.relations[relation.target].values()
            paths += [f"{relation.wire}.{inner.wire}" for inner in further if inner.column is not None]
    return paths


def _listed(name: str, description: str, choices: list[str], **limits: Any) -> Json:
    schema = {"type": ["array", "null"], "items": {"type": "string", "enum": choices}, **limits}
    if not choices:
        schema = {"type": "array", "items": {"type": "string"}, "maxItems": 0}
    return {
        "name": name,
        "in": "query",
        "description": description,
        "style": "form",
        "explode": False,
        "schema": schema,
    }


def _conditions(registry: Registry, resource: Resource) -> Json:
    """The schema of `filter`: conditions on attributes by kind, and on relationships."""
    by_kind: dict[str, list[str]] = {}
    for attribute in resource.readable.values():
        by_kind.setdefault(_kind(attribute), []).append(attribute.wire)
    relations = [relation.wire for relation in registry.relations[resource.type].values()]
    everything = [*(attribute.wire for attribute in resource.readable.values()), *relations, "id"]
    kinds = [_condition(everything, ["is", "isnot"], {"type": "null"})]
    for kind, ops, value in (
        ("text", ["eq", "ne"], _PLAIN),
        ("text", ["like", "ilike"], _PATTERN),
        (
            "number",
            ["eq", "ne", "gt", "ge", "lt", "le"],
            {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
        ),
        ("boolean", ["eq", "ne"], {"type": "boolean"}),
        ("moment", ["eq", "ne", "gt", "ge", "lt", "le"], {"type": "string", "format": "date-time"}),
    ):
        if by_kind.get(kind):
            kinds.append(_condition(by_kind[kind], ops, value))
    return {"type": "array", "maxItems": MOST_CONDITIONS, "items": {"anyOf": kinds}}


def _condition(names: list[str], ops: list[str], value: Json) -> Json:
    properties = {"name": {"enum": names}, "op": {"enum": ops}, "val": value}
    required = ["name", "op", "val"]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _kind(attribute: Attribute) -> str:
    field, sql = attribute.field, attribute.sql_type.lower()
    if sql == "jsonb":
        return "json"
    if sql == "boolean":
        return "boolean"
    if sql in {"integer", "bigint"} and not isinstance(field, fields.String):
        return "number"
    if sql.startswith("timestamp"):
        return "moment" if not isinstance(field, Computed) else "other"
    # An attribute with a normal form takes any text to compare with; an invalid one matches nothing.
    plain = (
        isinstance(field, fields.Str)
        or hasattr(field, "stored_form")
        or field.metadata.get("json_schema") == {"type": "string"}
    )
    return "text" if plain or (isinstance(field, Computed) and sql == "text") else "other"
