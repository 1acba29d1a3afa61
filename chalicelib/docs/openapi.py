"""OpenAPI 3.1 generator: paths, methods, parameters, bodies and errors.

Source of the format: spec.openapis.org/oas/v3.1.0 and jsonapi.org/format.
"""

import json
from functools import cache
from typing import Any

from chalicelib.docs import everything, openapi_operations
from chalicelib.docs.openapi_components import components
from chalicelib.docs.prerendered import prerendered
from chalicelib.docs.schemas import Json
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.settings import VERSION, settings

TITLE = "Open Event Serverless"
INTRODUCTION = (
    "Events, what happens at them and who comes, as JSON:API (jsonapi.org). Documents are sent and answered "
    "as `application/vnd.api+json`. A token, from `POST /v1/auth/login`, goes into the Authorization header "
    "after `Bearer` or `JWT`. What somebody may not see is not there for them: 404, and absent from lists."
)


@cache
def description(registry: Registry) -> Json:
    """The whole document."""
    operations = everything.operations(registry)
    paths: dict[str, Any] = {}
    for operation in operations:
        item = paths.setdefault(operation.path, {})
        in_path = openapi_operations.parameters(operation, "path")
        if in_path and "parameters" not in item:
            item["parameters"] = in_path
        item[operation.method.lower()] = openapi_operations.written(registry, operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": VERSION, "description": INTRODUCTION},
        "servers": [{"url": settings().api_prefix or "/"}],
        "tags": [
            *(
                {"name": resource.type, "description": everything.about_noun(resource)}
                for resource in registry
            ),
            *({"name": name, "description": about} for name, about in everything.areas(registry).items()),
        ],
        "paths": paths,
        "components": components(registry, operations),
    }


@prerendered("openapi.json")
def text(registry: Registry) -> str:
    """The whole document as JSON. Built once."""
    return json.dumps(description(registry), ensure_ascii=False, separators=(",", ":"))
