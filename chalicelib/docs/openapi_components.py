"""OpenAPI components: schemas, parameters, responses, headers and security schemes."""

from collections.abc import Iterable
from typing import Final

from chalicelib.docs import openapi_query, schemas
from chalicelib.docs.openapi_operations import ALWAYS, DONE, schema_name
from chalicelib.docs.operations import RESOURCES, Body, Operation, Writer
from chalicelib.docs.schemas import Json, closed
from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.ground.request import MEDIA_TYPE
from chalicelib.jsonapi.model.resource import Registry

_REF: Final = "#/components/schemas"
_ADDRESS: Final = {"type": "string"}
_MEANINGS: Final = {
    400: "A parameter or the body cannot be read; or a value is out of the range that can be stored",
    401: "There is no token where one is needed, or it is not valid",
    403: "Who asks may not do this",
    404: "It is not there, or who asks may not know that it is",
    405: "This cannot be done now",
    406: "The Accept header leaves no room for the answer",
    409: "It contradicts something that is already there",
    412: "It has changed since it was read (If-Match)",
    413: "The body is too large",
    414: "The address is too long; it is the gateway that says so",
    415: "The Content-Type is not what this address takes",
    422: "The body can be read, but is not acceptable",
    429: "Too many requests; Retry-After says when to come back",
    500: "Something went wrong on the server, and has been recorded",
    502: "A service that had to be asked did not answer as it should",
    503: "The database is busy, or a service does not answer; Retry-After says when to come back",
}
_SOURCE: Final = ("pointer", "parameter", "header", "code")
_ENTITY_TAG: Final = {"ETag": {"$ref": "#/components/headers/ETag"}}


def components(registry: Registry, operations: Iterable[Operation]) -> Json:
    """All components that these operations refer to."""
    parameters = openapi_query.shared()
    for resource in registry:
        parameters |= openapi_query.own(registry, resource)
    return {
        "securitySchemes": _security(),
        "headers": {
            "ETag": {"description": "For If-None-Match and If-Match", "schema": _ADDRESS},
            "Location": {"description": "The address of what was created", "schema": _ADDRESS},
        },
        "parameters": parameters,
        "responses": _responses(registry, operations),
        "schemas": _schemas(registry, operations),
    }


def _security() -> Json:
    issued = "From POST /v1/auth/login."
    return {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": issued},
        "jwt": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": f"{issued} The same token after the word JWT: `Authorization: JWT <token>`.",
        },
    }


def _responses(registry: Registry, operations: Iterable[Operation]) -> Json:
    responses: Json = {
        "204": {"description": "Nothing had to be changed"},
        "302": {
            "description": "It is at another URL, which expires soon",
            "headers": {"Location": {"$ref": "#/components/headers/Location"}},
        },
        "304": {"description": "It is as it was (If-None-Match)", "headers": _ENTITY_TAG},
    }
    for status in sorted(
        {*ALWAYS, 414, *(status for operation in operations for status in operation.refuses)}
    ):
        responses[str(status)] = {
            "description": _MEANINGS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": f"{_REF}/errors"}, "example": _error(status)}},
        }
    writer = Writer(registry)
    for operation in operations:
        for body in operation.gives.values():
            name = body.name if body is not None else ""
            if body is None or body.kind not in RESOURCES or name in responses:
                continue
            responses[name] = {
                "description": DONE[body.kind],
                "headers": _ENTITY_TAG,
                "content": {
                    MEDIA_TYPE: {
                        "schema": {"$ref": f"{_REF}/{schema_name(body)}"},
                        "example": writer.example(operation, body),
                    }
                },
            }
    return responses


def _error(status: int) -> Json:
    return {"jsonapi": {"version": "1.1"}, "errors": [Problem(status, _MEANINGS[status]).document()]}


def _schemas(registry: Registry, operations: Iterable[Operation]) -> Json:
    components: Json = {**GENERAL}
    for resource in registry:
        name = resource.type
        components[name] = schemas.answered(registry, resource)
        components[f"{name}.identifier"] = schemas.identifier(name)
        components[f"{name}.linked"] = schemas.identifier(name, sent=True)
        identifier, linked = ({"$ref": f"{_REF}/{name}.{kind}"} for kind in ("identifier", "linked"))
        perhaps = {"anyOf": [identifier, {"type": "null"}]}
        several = {"type": "array", "items": identifier}
        links = {"$ref": f"{_REF}/relationship.links"}
        components[f"{name}.one"] = closed({"links": links, "data": perhaps}, ("links",))
        components[f"{name}.many"] = closed({"links": links, "data": several}, ("links",))
        for kind, data in (
            ("one", {"anyOf": [linked, {"type": "null"}]}),
            ("required", linked),
            ("many", {"type": "array", "items": linked}),
        ):
            components[f"{name}.linked.{kind}"] = {
                "type": "object",
                "required": ["data"],
                "properties": {"data": data},
            }
    bodies = {schema_name(body): body for body in _bodies(operations)}
    return components | {name: document(registry, body) for name, body in sorted(bodies.items())}


def _bodies(operations: Iterable[Operation]) -> Iterable[Body]:
    for operation in operations:
        for body in (operation.takes, *operation.gives.values()):
            if body is not None and body.kind != "plain":
                yield body


def document(registry: Registry, body: Body) -> Json:
    """The schema of a document of this kind for this type."""
    if body.kind in {"new", "change"}:
        data = schemas.sent(registry, registry[body.type], is_new=body.kind == "new")
        return {"type": "object", "required": ["data"], "properties": {"data": data}}
    if body.kind in {"sent.link", "sent.links"}:
        return {"type": "object", "required": ["data"], "properties": {"data": _data(body)}}
    opening = {"jsonapi": {"$ref": f"{_REF}/jsonapi"}}
    if body.kind == "message":
        return closed({**opening, "meta": closed({"message": {"type": "string"}})})
    members = {**opening, "links": {"$ref": f"{_REF}/links"}, "data": _data(body)}
    required = list(members)
    if body.kind in RESOURCES:
        members["included"] = {"type": "array", "items": {"$ref": f"{_REF}/included"}}
    if body.kind == "many":
        number = {"type": "integer", "minimum": 0}
        # For a numbered page that was shortened to fit the size limit.
        shortened = closed({"size": number, "asked-for": number})
        members["meta"] = closed({"count": number, "page": shortened}, ["count"])
    if body.meta:
        members["meta"] = body.schema
    return closed(members, required)


def _data(body: Body) -> Json:
    kind = body.kind.removeprefix("sent.")
    suffix = ".linked" if kind != body.kind else ".identifier" if kind in {"link", "links"} else ""
    of = {"$ref": f"{_REF}/{body.type}{suffix}"}
    if kind in {"many", "links"}:
        return {"type": "array", "items": of}
    return of if kind == "one" else {"anyOf": [of, {"type": "null"}]}


GENERAL: Final[Json] = {
    "jsonapi": closed({"version": {"const": "1.1"}}),
    "links": {
        "type": "object",
        "required": ["self"],
        "properties": {
            name: {"type": "string"}
            for name in ("self", "related", "describedby", "first", "prev", "next", "last")
        },
        "additionalProperties": False,
    },
    "relationship.links": closed({"self": _ADDRESS, "related": _ADDRESS}),
    "included": {
        "type": "object",
        "required": ["type", "id", "attributes"],
        "properties": {"type": _ADDRESS, "id": _ADDRESS, "attributes": {"type": "object"}},
    },
    "errors": closed(
        {
            "jsonapi": {"$ref": f"{_REF}/jsonapi"},
            "errors": {"type": "array", "minItems": 1, "items": {"$ref": f"{_REF}/error"}},
        }
    ),
    "error": closed(
        {
            "status": {"type": "string", "pattern": "^[45][0-9]{2}$"},
            "title": {"type": "string"},
            "detail": {"type": "string"},
            "code": {"type": "string"},
            "source": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in _SOURCE},
                "additionalProperties": False,
            },
            "links": closed({"type": {"type": "string"}}),
        },
        ("status", "title", "detail", "source"),
    ),
}
