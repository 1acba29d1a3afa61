"""Validates the attributes of a request document, with a JSON pointer for each mistake."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from marshmallow import ValidationError, missing
from marshmallow.exceptions import SCHEMA

from chalicelib.jsonapi.ground.errors import Problem, Problems, invalid
from chalicelib.jsonapi.model.fields import Schema
from chalicelib.jsonapi.model.kinds import Field
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.write.document import Incoming


def load_attributes(
    resource: Resource, incoming: Incoming, *, is_new: bool, row: Any = None
) -> dict[str, Any]:
    """Validated values by Python name; unknown and read-only attributes are ignored.

    Raises Problems with a 422 for each invalid attribute; a missing one points at where it belongs. Clients
    send whole resources back when they change a part: an invalid value that equals the stored one in `row`,
    from before it was invalid, is ignored.
    """
    sent = incoming.attributes
    try:
        return _load(resource, sent, is_new)
    except ValidationError as mistake:
        kept = _kept(resource, row, sent, mistake) if row is not None else set()
        if not kept:
            raise Problems(_problems(mistake)) from None
    try:
        return _load(resource, {name: value for name, value in sent.items() if name not in kept}, is_new)
    except ValidationError as mistake:
        raise Problems(_problems(mistake)) from None


def _load(resource: Resource, sent: dict[str, Any], is_new: bool) -> dict[str, Any]:
    """Schema.load, with those fields alone that matter: what was sent, and what a new row must have.

    marshmallow does the same work for a field that was left out as for one that was sent, and much of it
    is for what these schemas have not. Raises ValidationError.
    """
    schema = resource.schema
    if any(schema._hooks.values()):
        return _load_with_hooks(schema, sent, is_new)
    values: dict[str, Any] = {}
    mistakes: dict[str, Any] = {}
    for name, field in _fields(schema, sent, is_new):
        wire = field.data_key or name
        try:
            value = field.deserialize(sent.get(wire, missing), wire, sent, partial=[])
        except ValidationError as mistake:
            mistakes[wire] = mistake.messages
            continue
        if value is not missing:
            values[field.attribute or name] = value
    if mistakes:
        raise ValidationError(mistakes)
    return values


def _fields(schema: Schema, sent: dict[str, Any], is_new: bool) -> list[tuple[str, Field[Any]]]:
    by_wire, of_new = _fields_by_wire(schema)
    wanted = sent.keys() | of_new if is_new else sent.keys()
    return [named for wire, named in by_wire.items() if wire in wanted]


@cache
def _fields_by_wire(schema: Schema) -> tuple[dict[str, tuple[str, Field[Any]]], frozenset[str]]:
    """The fields with their names by wire name, and the wire names of those that a new row must have."""
    by_wire = {field.data_key or name: (name, field) for name, field in schema.load_fields.items()}
    of_new = {
        wire for wire, (_, field) in by_wire.items() if field.required or field.load_default is not missing
    }
    return by_wire, frozenset(of_new)


def _load_with_hooks(schema: Schema, sent: dict[str, Any], is_new: bool) -> dict[str, Any]:
    copied = object.__new__(type(schema))
    copied.__dict__.update(schema.__dict__)
    copied.load_fields = dict(_fields(schema, sent, is_new))
    values: dict[str, Any] = copied.load(sent, partial=())
    return values


def _kept(resource: Resource, row: Any, sent: dict[str, Any], mistake: ValidationError) -> set[str]:
    """Wire names of invalid texts that are unchanged from the stored row."""
    refused = mistake.normalized_messages()  # type: ignore[no-untyped-call]
    return {
        attribute.wire
        for attribute in resource.attributes.values()
        if attribute.wire in refused
        and isinstance(sent.get(attribute.wire), str | list | dict)
        and getattr(row, attribute.column, None) == sent[attribute.wire]
    }


def _problems(mistake: ValidationError) -> Iterator[Problem]:
    messages: dict[str, Any] = mistake.normalized_messages()  # type: ignore[no-untyped-call]
    for name, detail in messages.items():
        if name == SCHEMA:  # a rule of several attributes
            yield invalid(" ".join(_sentences(detail)), "/data/attributes")
            continue
        for path, sentence in _leaves(detail, f"/data/attributes/{_escaped(name)}"):
            yield invalid(f"{name}: {sentence}", path)


def _leaves(detail: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(detail, dict):
        for key, below in detail.items():
            yield from _leaves(below, f"{pointer}/{_escaped(key)}")
    else:
        yield pointer, " ".join(_sentences(detail))


def _escaped(name: object) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")


def _sentences(detail: Any) -> Iterator[str]:
    if isinstance(detail, dict):
        for below in detail.values():
            yield from _sentences(below)
    elif isinstance(detail, list):
        for part in detail:
            yield from _sentences(part)
    else:
        yield str(detail)
