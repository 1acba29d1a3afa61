"""Rehearsal of requests: all that precedes a statement is done once, so that the next one finds it done.

A process that is frozen into a snapshot (snapstart.py) has no connection yet, and statements are written once
for each kind of viewer and shape of query. So the common reads of each resource type are begun, up to where
the database would be asked.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

from sqlalchemy.orm import Session

from chalicelib.auth.viewer import NOBODY, Viewer
from chalicelib.jsonapi.ground.errors import Problem, Problems
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.http.shapes import work_for
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.settings import settings


class _Asked(Exception):
    """The database would be asked now."""


class _Nowhere:
    """A stand-in for a session and for its driver, without a database."""

    def __init__(self) -> None:
        self.info: dict[str, Any] = {"reading": True, "connection": None, "driver": self}

    def flush(self) -> None:
        """Nothing to flush."""

    def run(self, *_: object, **__: object) -> None:
        """Would ask the database."""
        raise _Asked


def rehearse(registry: Registry) -> None:
    """Begin a list and a single row of each resource type, for nobody and for somebody who is signed in."""
    somebody = replace(NOBODY, id=0)
    for path in _paths(registry):
        for viewer in (NOBODY, somebody):
            _begin(path, viewer, registry)


def _paths(registry: Registry) -> Iterator[tuple[str, ...]]:
    for resource in registry:
        yield "v1", resource.path
        if not resource.singleton:
            yield "v1", resource.path, "0"


def _begin(path: tuple[str, ...], viewer: Viewer, registry: Registry) -> None:
    request = Request("GET", path, options=settings())
    context = Context(cast(Session, _Nowhere()), viewer, request, registry)
    with suppress(_Asked, Problem, Problems):  # not everybody may read everything
        work_for(request, registry)(context)
