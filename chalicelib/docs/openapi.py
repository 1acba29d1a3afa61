"""The API as an OpenAPI 3.1 document: every noun's addresses, attributes and relationships.

Source of the shape: spec.openapis.org/oas/v3.1.0 and jsonapi.org/format.
"""

import inspect
import json
from functools import cache
from typing import Any

from marshmallow import fields, validate

from chalicelib.jsonapi import linkage
from chalicelib.jsonapi.action import ACTIONS
from chalicelib.jsonapi.attribute import Attribute
from chalicelib.jsonapi.fields import Computed
from chalicelib.jsonapi.relation import Relation
from chalicelib.jsonapi.request import MEDIA_TYPE
from chalicelib.jsonapi.resource import Registry, Resource
from chalicelib.settings import VERSION, settings

_KINDS: list[tuple[type[fields.Field[Any]], dict[str, Any]]] = [
    (fields.Boolean, {"type": "boolean"}),
    (fields.Integer, {"type": "integer"}),
    (fields.Number, {"type": "number"}),
    (fields.DateTime, {"type": "string", "format": "date-time"}),
    (fields.Email, {"type": "string", "format": "email"}),
    (fields.Url, {"type": "string", "format": "uri"}),
    (fields.String, {"type": "string"}),
    (fields.List, {"type": "array"}),
    (fields.Mapping, {"type": "object"}),
]
_COMPUTED = {"boolean": "boolean", "integer": "integer", "bigint": "integer", "numeric": "number"}
_ERRORS = {
    "description": "What is wrong, pointing at the mistake",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/errors"}}},
}
_PARAMETERS = [
    ("include", "Related resources to send along: a comma-separated list of dotted relationship paths"),
    ("sort", "Comma-separated attributes, dotted over to-one relationships; - in front means descending"),
    ("filter", "A JSON array of conditions {name, op, val}; filter[name]=value means equal"),
    ("page[number]", "The page, from 1"),
    ("page[size]", "Resources on a page; 0 means all"),
]


@cache
def description(registry: Registry) -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, Any] = {}
    for resource in registry:
        _add(paths, f"/v1/{resource.path}", _collection(resource))
        _add(paths, f"/v1/{resource.path}/{{id}}", _detail(resource))
        for relation in registry.relations[resource.type].values():
            here = f"/v1/{resource.path}/{{id}}"
            _add(paths, f"{here}/{relation.wire}", _related(resource, relation))
            _add(paths, f"{here}/relationships/{relation.wire}", _relationship(resource, relation))
    for path, operations in _actions().items():
        paths.setdefault(path, {}).update(operations)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Open Event Serverless", "version": VERSION},
        "servers": [{"url": settings().api_prefix or "/"}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "From POST /v1/auth/login; the scheme word JWT works as well as Bearer.",
                }
            },
            "schemas": {
                "errors": _errors_schema(),
                **{resource.type: _schema(registry, resource) for resource in registry},
            },
        },
    }


@cache
def text(registry: Registry) -> str:
    """The whole document as JSON, made once: it has a megabyte."""
    return json.dumps(description(registry), ensure_ascii=False, separators=(",", ":"))


def _add(paths: dict[str, Any], path: str, operations: dict[str, Any]) -> None:
    if operations:
        parameters = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
        paths[path] = {**({"parameters": parameters} if "{id}" in path else {}), **operations}


def _collection(resource: Resource) -> dict[str, Any]:
    operations = {}
    if "list" in resource.offers:
        operations["get"] = _operation(resource, f"List: {resource.path}", 200, many=True, query=True)
    if "create" in resource.offers:
        operations["post"] = _operation(resource, f"Create a {resource.singular}", 201, body=True)
    return operations


def _detail(resource: Resource) -> dict[str, Any]:
    operations = {}
    if "read" in resource.offers:
        operations["get"] = _operation(resource, f"Read a {resource.singular}", 200)
    if "update" in resource.offers:
        operations["patch"] = _operation(resource, f"Change a {resource.singular}", 200, body=True)
    if "delete" in resource.offers:
        operations["delete"] = {
            "summary": f"Remove a {resource.singular}",
            "responses": {"200": {"description": "It is removed"}, "4XX": _ERRORS},
        }
    return operations


def _related(resource: Resource, relation: Relation) -> dict[str, Any]:
    target = {"$ref": f"#/components/schemas/{relation.target}"}
    summary = f"{relation.wire} of a {resource.singular}"
    answer = _document(
        {"type": "array", "items": target} if relation.many else {"anyOf": [target, {"type": "null"}]}
    )
    return {"get": {"summary": summary, "responses": {"200": answer, "4XX": _ERRORS}}}


def _relationship(resource: Resource, relation: Relation) -> dict[str, Any]:
    identifier = _identifier(relation.target)
    data = (
        {"type": "array", "items": identifier} if relation.many else {"anyOf": [identifier, {"type": "null"}]}
    )
    operations: dict[str, Any] = {}
    for method in linkage.methods(relation):
        operation: dict[str, Any] = {
            "summary": f"{method.title()} the links from a {resource.singular} to its {relation.wire}",
            "responses": {"200": _document(data), "4XX": _ERRORS},
        }
        if method != "GET":
            operation["requestBody"] = {"required": True, "content": _document(data)["content"]}
            operation["responses"]["204"] = {"description": "Nothing had to be changed"}
            operation["security"] = [{"token": []}]
        operations[method.lower()] = operation
    return operations


def _operation(
    resource: Resource,
    summary: str,
    status: int,
    *,
    many: bool = False,
    query: bool = False,
    body: bool = False,
) -> dict[str, Any]:
    one = {"$ref": f"#/components/schemas/{resource.type}"}
    operation: dict[str, Any] = {
        "summary": summary,
        "description": inspect.getdoc(inspect.getmodule(resource.model)) or "",
        "tags": [resource.type],
        "responses": {
            str(status): _document({"type": "array", "items": one} if many else one),
            "4XX": _ERRORS,
        },
    }
    parameters = _PARAMETERS if query else _PARAMETERS[:1]
    operation["parameters"] = [
        {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
        for name, text in parameters
    ]
    if body:
        operation["requestBody"] = {"required": True, "content": _document(one)["content"]}
        operation["security"] = [{"token": []}]
    return operation


def _document(data: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "required": ["data"], "properties": {"data": data}}
    return {"description": "A JSON:API document", "content": {MEDIA_TYPE: {"schema": schema}}}


def _identifier(type_name: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "id"],
        "properties": {"type": {"const": type_name}, "id": {"type": "string"}},
    }


def _schema(registry: Registry, resource: Resource) -> dict[str, Any]:
    attributes = {one.wire: _attribute(one) for one in resource.attributes.values()}
    relationships = {
        relation.wire: {"type": "object"} for relation in registry.relations[resource.type].values()
    }
    return {
        "type": "object",
        "required": ["type"],
        "properties": {
            "type": {"const": resource.type},
            "id": {"type": "string"},
            "attributes": {"type": "object", "properties": attributes},
            "relationships": {"type": "object", "properties": relationships},
        },
    }


def _attribute(attribute: Attribute) -> dict[str, Any]:
    field = attribute.field
    if isinstance(field, Computed):
        return {"type": [_COMPUTED.get(field.kind.lower(), "string"), "null"], "readOnly": True}
    schema = dict(next((found for kind, found in _KINDS if isinstance(field, kind)), {}))
    for rule in field.validators:
        if isinstance(rule, validate.OneOf):
            schema["enum"] = [*rule.choices, *([None] if field.allow_none else [])]
    if field.allow_none and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    if field.dump_only:
        schema["readOnly"] = True
    if field.load_only:
        schema["writeOnly"] = True
    return schema


def _errors_schema() -> dict[str, Any]:
    error = {"type": "object", "properties": {"status": {"type": "string"}, "detail": {"type": "string"}}}
    return {
        "type": "object",
        "required": ["errors"],
        "properties": {"errors": {"type": "array", "items": error}},
    }


def _actions() -> dict[str, dict[str, Any]]:
    paths: dict[str, dict[str, Any]] = {}
    for listed in ACTIONS.values():
        for one in listed:
            summary, _, more = (inspect.getdoc(one.run) or "").partition("\n")
            parameters = [
                {"name": part[1:-1], "in": "path", "required": True, "schema": {"type": "string"}}
                for part in one.pattern
                if part.startswith("{")
            ]
            operation: dict[str, Any] = {
                "summary": summary,
                "description": more.strip(),
                "responses": {"2XX": {"description": "Done"}, "4XX": _ERRORS},
            }
            if parameters:
                operation["parameters"] = parameters
            paths.setdefault("/" + "/".join(one.pattern), {})[one.method.lower()] = operation
    return paths
