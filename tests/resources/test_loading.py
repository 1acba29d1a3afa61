"""Attributes are loaded as marshmallow would load them: what was sent, and what a new row must have."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from marshmallow import ValidationError

from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.write.loading import _load
from chalicelib.resources import REGISTRY

ODD: tuple[Any, ...] = (
    None, "", " ", "x", "x" * 70_000, "<b>x</b>", "javascript:x", "2026-01-01T00:00:00Z", "1.0", 0, -1, 2**40,
    1.5, True, [], ["x"], {}, {"a": 1},
)  # fmt: skip
EVERY = pytest.mark.parametrize("resource", list(REGISTRY), ids=lambda resource: resource.type)


def outcome(load: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """The values, or what is wrong with them."""
    try:
        return load(*arguments, **options)
    except ValidationError as mistake:
        return ("refused", mistake.normalized_messages())  # type: ignore[no-untyped-call]
    except Problem as problem:
        return ("refused", problem.status, problem.detail)


def sent(resource: Resource) -> Iterator[dict[str, Any]]:
    """All attributes and every second one, with each odd value; and none."""
    names = [field.data_key or name for name, field in resource.schema.load_fields.items()]
    for value in ODD:
        for chosen in (names, names[::2], names[1::2]):
            yield {**dict.fromkeys(chosen, value), "no-such": 1}
    yield {}


@EVERY
def test_a_new_row_is_loaded_as_by_marshmallow(resource: Resource) -> None:
    for document in sent(resource):
        slow = outcome(resource.schema.load, document)
        assert outcome(_load, resource, document, is_new=True) == slow


@EVERY
def test_a_change_is_loaded_as_by_marshmallow(resource: Resource) -> None:
    for document in sent(resource):
        left_out = {
            name
            for name, field in resource.schema.load_fields.items()
            if (field.data_key or name) not in document
        }
        slow = outcome(resource.schema.load, document, partial=left_out)
        assert outcome(_load, resource, document, is_new=False) == slow
