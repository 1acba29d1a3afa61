"""JSON Schemas (draft 2020-12) of resource types: requests, answers, links and errors.

Source: json-schema.org, spec.openapis.org/oas/v3.1.0 and jsonapi.org/format.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from marshmallow import fields, validate

from chalicelib.docs.who import who_may
from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.jsonapi.model.fields import LARGEST_INTEGER, SMALLEST_INTEGER, Computed
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.jsonapi.model.rules import Rule

Json = dict[str, Any]

# The first matching kind counts.
_KINDS: Final[tuple[tuple[type[fields.Field[Any]], Json], ...]] = (
    (fields.Boolean, {"type": "boolean"}),
    (fields.Integer, {"type": "integer"}),
    (fields.Number, {"type": "number"}),
    (fields.DateTime, {"type": "string", "format": "date-time"}),
    (fields.Email, {"type": "string", "format": "email"}),
    (fields.Url, {"type": "string", "format": "uri"}),
    (fields.String, {"type": "string"}),
    (fields.List, {"type": "array"}),
    (fields.Mapping, {"type": "object"}),
    (fields.Nested, {"type": "object"}),
)
SENT_ID: Final[Json] = {"type": ["string", "integer"], "minLength": 1}
_COMPUTED: Final[dict[str, Json]] = {
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "bigint": {"type": "integer"},
    "numeric": {"type": "number"},
    "text": {"type": "string"},
    "timestamptz": {"type": "string", "format": "date-time"},
}


def answered(registry: Registry, resource: Resource) -> Json:
    """A resource in an answer. Attributes are optional, as `fields` or a missing permission may leave them
    out.
    """
    relations = registry.relations[resource.type].values()
    members = {
        "type": {"const": resource.type},
        "id": {"type": "string"},
        "attributes": closed(
            {attribute.wire: answer_of(resource, attribute) for attribute in resource.readable.values()}, ()
        ),
        "relationships": closed(
            {relation.wire: {"$ref": _relationship(relation)} for relation in relations}, ()
        ),
        "links": {"$ref": "#/components/schemas/links"},
    }
    return closed(members, ("type", "id", "attributes", "links"))


def sent(registry: Registry, resource: Resource, *, is_new: bool) -> Json:
    """A resource in the body of a POST (`is_new`) or of a PATCH."""
    writable = [attribute for attribute in resource.attributes.values() if not attribute.field.dump_only]
    links = {
        relation.wire: {"$ref": _linked(relation)}
        for relation in registry.relations[resource.type].values()
        if not relation.read_only
    }
    attributes: Json = {
        "type": "object",
        "properties": {attribute.wire: sent_of(attribute, is_new=is_new) for attribute in writable},
    }
    relationships: Json = {"type": "object", "properties": links, "additionalProperties": {"type": "object"}}
    schema: Json = {
        "type": "object",
        "required": ["type"] if is_new else ["type", "id"],
        "properties": {"type": {"const": resource.type}},
    }
    if not is_new:
        schema["properties"]["id"] = SENT_ID
    for name, part, required in (
        ("attributes", attributes, [attribute.wire for attribute in writable if attribute.field.required]),
        ("relationships", relationships, [relation.wire for relation in required_links(registry, resource)]),
    ):
        if part["properties"]:
            schema["properties"][name] = part
        if is_new and required:
            part["required"] = required
            schema["required"].append(name)
    return schema


def required_links(registry: Registry, resource: Resource) -> list[Relation]:
    """The relationships that a new resource must have."""
    relations = registry.relations[resource.type].values()
    return [
        relation
        for relation in relations
        if relation.required and relation.column is not None and not relation.read_only
    ]


def answer_of(resource: Resource, attribute: Attribute) -> Json:
    """An attribute in an answer."""
    field = attribute.field
    schema = _kind(field)
    if field.dump_only:
        schema["readOnly"] = True
    schema = nullable(schema) if _may_be_null(resource, attribute) else schema
    return _with_rights(schema, attribute.scope)


def sent_of(attribute: Attribute, *, is_new: bool = False) -> Json:
    """An attribute in a request that creates (`is_new`) or changes a resource."""
    field = attribute.field
    schema = {**_kind(field), **_limits(field)}
    if field.load_only:
        schema["writeOnly"] = True
    writers = attribute.first_writers if is_new else attribute.writers
    return _with_rights(nullable(schema) if field.allow_none else schema, writers)


def _with_rights(schema: Json, rule: Rule | None) -> Json:
    """The schema with who may read or write the attribute, if not whoever may do so with the row."""
    return schema if rule is None else {**schema, "x-rights": who_may(rule)}


def nullable(schema: Json) -> Json:
    """The schema, or null."""
    if "type" not in schema:
        return schema if not schema else {"anyOf": [schema, {"type": "null"}]}
    nullable_schema = {**schema, "type": [schema["type"], "null"]}
    if "enum" in nullable_schema:
        nullable_schema["enum"] = [*nullable_schema["enum"], None]
    return nullable_schema


def closed(properties: Json, required: Iterable[str] | None = None) -> Json:
    """An object with these members and no others; all of them required, unless named."""
    schema: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    names = list(properties if required is None else required)
    return {**schema, "required": names} if names else schema


def identifier(type_name: str, *, sent: bool = False) -> Json:
    """A resource identifier; a sent one may have a number as its id."""
    return {
        "type": "object",
        "required": ["type", "id"],
        "properties": {"type": {"const": type_name}, "id": SENT_ID if sent else {"type": "string"}},
    }


def linkage(relation: Relation) -> Json:
    """The `data` of a relationship endpoint."""
    reference = {"$ref": f"#/components/schemas/{relation.target}.identifier"}
    return (
        {"type": "array", "items": reference} if relation.many else {"anyOf": [reference, {"type": "null"}]}
    )


def _relationship(relation: Relation) -> str:
    return f"#/components/schemas/{relation.target}.{'many' if relation.many else 'one'}"


def _linked(relation: Relation) -> str:
    kind = "many" if relation.many else "one" if not relation.required or not relation.column else "required"
    return f"#/components/schemas/{relation.target}.linked.{kind}"


def _may_be_null(resource: Resource, attribute: Attribute) -> bool:
    if attribute.field.allow_none or resource.model is None:
        return True
    if isinstance(attribute.field, Computed):
        return not isinstance(attribute.field, fields.List)
    column = resource.model.__table__.columns.get(attribute.column)
    return column is None or bool(column.nullable)


def _kind(field: fields.Field[Any]) -> Json:
    if "json_schema" in field.metadata:
        return dict(field.metadata["json_schema"])
    if isinstance(field, Computed) and not isinstance(field, fields.String | fields.List):
        return dict(_COMPUTED.get(field.kind.lower(), {}))
    schema = dict(next((known_schema for kind, known_schema in _KINDS if isinstance(field, kind)), {}))
    for rule in field.validators:
        if isinstance(rule, validate.OneOf):
            schema["enum"] = list(rule.choices)
    if isinstance(field, fields.List):
        schema["items"] = _inner(field.inner)
    if isinstance(field, fields.Nested):
        schema |= _nested(field)
    return schema


def _inner(field: fields.Field[Any]) -> Json:
    schema = {**_kind(field), **_limits(field)}
    return nullable(schema) if field.allow_none else schema


def _nested(field: fields.Nested) -> Json:
    members = {member.data_key or name: member for name, member in field.schema.fields.items()}
    schema: Json = {"properties": {name: _inner(member) for name, member in members.items()}}
    required = [name for name, member in members.items() if member.required]
    return {**schema, "required": required} if required else schema


def _limits(field: fields.Field[Any]) -> Json:
    schema: Json = {}
    size = "Items" if isinstance(field, fields.List) else "Length"
    for rule in field.validators:
        if isinstance(rule, validate.Range):
            if rule.min is not None and rule.min != SMALLEST_INTEGER:
                schema["minimum"] = _number(rule.min)
            if rule.max is not None and rule.max != LARGEST_INTEGER:
                schema["maximum"] = _number(rule.max)
        elif isinstance(rule, validate.Length):
            schema |= {f"min{size}": rule.min} if rule.min else {}
            schema |= {f"max{size}": rule.max} if rule.max else {}
        elif isinstance(rule, validate.Regexp) and not isinstance(rule, validate.Email | validate.URL):
            schema["pattern"] = str(rule.regex.pattern).replace(r"\Z", "$")
    if isinstance(field, fields.Integer):
        schema.setdefault("minimum", SMALLEST_INTEGER)
        schema.setdefault("maximum", LARGEST_INTEGER)
    return schema


def _number(value: Any) -> int | float:
    number = Decimal(value)
    return int(number) if number == int(number) else float(number)
