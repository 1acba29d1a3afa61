"""OpenAPI operation objects: parameters, body, responses and errors."""

import re
from typing import Any, Final

from chalicelib.docs import openapi_query
from chalicelib.docs.operations import FORM, RESOURCES, Body, Operation, Writer
from chalicelib.docs.schemas import Json
from chalicelib.jsonapi.model.resource import Registry

ALWAYS: Final = (500, 503)
_SIGNED_IN: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"jwt": []}]
_FREE: Final = {"type": "string", "minLength": 1}
_ASKED: Final = {**_FREE, "pattern": "^[^\\x00]*$"}
_ID: Final = {"type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9_.-]+$", "maxLength": 40}


def parameters(operation: Operation, place: str) -> list[Json]:
    """The parameters in "path", shared by all methods, or the required ones in "query"."""
    return [
        {
            "name": parameter.name,
            "in": place,
            "required": True,
            "description": parameter.description,
            "schema": (_ASKED if place == "query" else _FREE) if parameter.free else _ID,
            "example": parameter.example,
        }
        for parameter in operation.parameters
        if parameter.place == place
    ]


def written(registry: Registry, operation: Operation) -> Json:
    """The operation object."""
    document: dict[str, Any] = {
        "operationId": _id(operation),
        "summary": operation.title,
        "description": f"{operation.description}\n\nFor {operation.who}.".strip(),
        "tags": [operation.noun or operation.area],
        "x-rights": operation.who,
    }
    names = openapi_query.names(operation.asks, operation.query, registry)
    if operation.keyed:
        names.append(openapi_query.KEY)
    if names or operation.asked_for:
        shared = [{"$ref": f"#/components/parameters/{name}"} for name in names]
        document["parameters"] = [*parameters(operation, "query"), *shared]
    if operation.takes is not None:
        document["requestBody"] = {
            "required": True,
            "content": content(operation.takes, operation.takes.example),
        }
    document["responses"] = _responses(registry, operation)
    document["security"] = [{}, *_SIGNED_IN] if operation.open else _SIGNED_IN
    return document


def content(body: Body, example: Any = None) -> Json:
    """A media type object: schema, and perhaps an example."""
    content: Json = {"schema": schema(body)}
    if example is not None and body.media_type != FORM:  # of a form it would have to be an object
        content["example"] = example
    return {
        body.media_type: content,
        **{media_type: {"schema": {"type": "string"}} for media_type in body.others},
    }


def schema(body: Body) -> Json:
    """The schema of a body: a reference, except for plain JSON."""
    if body.kind == "plain":
        return body.schema or {"type": "string"}
    return {"$ref": f"#/components/schemas/{schema_name(body)}"}


def schema_name(body: Body) -> str:
    """The component name of the schema of a kind of document for a type."""
    return f"{body.name}.document"


def _responses(registry: Registry, operation: Operation) -> Json:
    headers: Json = {}
    for status, body in operation.gives.items():
        if body is None:
            headers[str(status)] = {"$ref": f"#/components/responses/{status}"}
        elif body.kind in RESOURCES and status == 200:
            headers["200"] = {"$ref": f"#/components/responses/{body.name}"}
        else:
            answer: Json = {"description": DONE[body.kind], "content": content(body)}
            if body.kind == "plain" and body.example is not None:
                answer["content"][body.media_type]["example"] = Writer(registry).example(operation, body)
            if status == 201 and body.creates:
                answer["headers"] = {"Location": {"$ref": "#/components/headers/Location"}}
            headers[str(status)] = answer
    too_long = (414,) if "filter" in operation.query else ()
    for status in (*operation.refuses, *too_long, *ALWAYS):
        headers[str(status)] = {"$ref": f"#/components/responses/{status}"}
    return dict(sorted(headers.items()))


DONE: Final = {
    "one": "The resource",
    "perhaps": "The resource, or null",
    "many": "A page of resources",
    "link": "The link",
    "links": "The links",
    "message": "What was done",
    "plain": "What was asked for",
}


def _id(operation: Operation) -> str:
    return re.sub(r"[^a-z0-9]+", "_", f"{operation.method} {operation.path}".lower()).strip("_")
