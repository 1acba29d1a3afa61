"""Rows for tests, with values that could be real; one file for each noun.

Each file has make_<noun>(session, **values), which makes what the row needs as well, and
attributes(), what a client could send to create one. Where the required relationships alone do not
say what to link, links(session) makes them: {relationship: (type, row)}.
"""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

from chalicelib import db

Row = TypeVar("Row")


def stored(make: Callable[..., Row], **values: Any) -> Row:
    """Make a row in a transaction of its own; its values stay readable afterwards."""
    with db.transaction() as session:
        return make(session, **values)


def maker(resource_type: str) -> Callable[..., Any]:
    """The function that makes rows of this JSON:API type."""
    factory = _factory(resource_type)
    found: Callable[..., Any] = getattr(factory, f"make_{resource_type.replace('-', '_')}")
    return found


def attributes_of(resource_type: str) -> dict[str, Any]:
    """What a client could send to create a resource of this type."""
    found: dict[str, Any] = _factory(resource_type).attributes()
    return found


def links_of(resource_type: str) -> dict[str, tuple[str, Any]]:
    """What a document that creates a resource of this type links, beyond what it must for any noun."""
    module = _factory(resource_type)
    if not hasattr(module, "links"):
        return {}
    with db.transaction() as session:
        found: dict[str, tuple[str, Any]] = module.links(session)
        return found


def _factory(resource_type: str) -> ModuleType:
    name = resource_type.replace("-", "_")
    try:
        return import_module(f"tests.factories.{name}")
    except ModuleNotFoundError as problem:
        if problem.name != f"tests.factories.{name}":
            raise
        raise LookupError(
            f"there is no tests/factories/{name}.py: write one with attributes() and make_{name}(), "
            "as tests/factories/faq.py has them"
        ) from problem
