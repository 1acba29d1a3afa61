"""Plain JSON objects in request bodies, validated by a schema; what is not understood is refused."""

from typing import Any

from marshmallow import ValidationError
from marshmallow.exceptions import SCHEMA

from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema
from chalicelib.jsonapi.write.document import read_json


def object_of(
    context: Context, schema: type[Schema], *, otherwise: str, members: str, nested: bool = False
) -> dict[str, Any]:
    """The validated members of the object in the body.

    Raises Problem 422: `otherwise` for no object, `members` at one that the schema has not, and the first
    mistake at its member; with `nested`, where it is within that.
    """
    content = read_json(context.request)
    if not isinstance(content, dict):
        raise invalid(otherwise, "")
    fields = schema()
    unknown = sorted(content.keys() - {field.data_key for field in fields.fields.values()})
    if unknown:
        raise invalid(members, f"/{unknown[0]}")
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
