"""Maps PostgreSQL errors to JSON:API errors."""

import re
from typing import TYPE_CHECKING, Final

from chalicelib import log
from chalicelib.db_errors import column, constraint, is_crowded, is_disconnect, sqlstate
from chalicelib.jsonapi.ground.errors import Problem, conflict, invalid
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.http import retry
from chalicelib.jsonapi.model.relationship import ToOne
from chalicelib.jsonapi.model.resource import Registry, Resource

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

_WORD = re.compile(r"\w+")
_UNIQUE, _NOT_NULL, _CHECK = "23505", "23502", "23514"
_FOREIGN_KEY: Final = {"23503", "23001"}  # since PostgreSQL 18 one with ON DELETE RESTRICT has its own
_TIMEOUT, _DEADLOCK, _SERIALIZATION, _LOCK = "57014", "40P01", "40001", "55P03"
_TOO_LARGE = "54000"  # for an index; the error names it unless the text is larger than a page


def problem_of(failure: "DBAPIError", resource: Resource | None) -> Problem | None:
    """The Problem for a database error about `resource`, or None when it is an internal error.

    Source of the codes: PostgreSQL documentation, appendix A.
    """
    code = sqlstate(failure) or ""
    name = constraint(failure) or ""
    if code == _UNIQUE or (code == _CHECK and resource is not None and name in resource.constraint_errors):
        pointer, sentence = _known_conflict(resource, name)
        return conflict(sentence, pointer)
    if code in _FOREIGN_KEY:
        return conflict(
            "Something else still refers to this, or it refers to something that was deleted.", "/data"
        )
    if code == _NOT_NULL:
        return invalid("A required value is missing.", _place_of(resource, column(failure)))
    if code.startswith("23"):
        return invalid("The values contradict each other.", "/data")
    if code == _TOO_LARGE:
        return invalid("This is too long for an index: 1,000 bytes always fit.", _pointer(resource, name))
    if code.startswith("22"):
        return Problem(400, "A value is out of the range that can be stored.")
    busy = code in {_TIMEOUT, _DEADLOCK, _SERIALIZATION, _LOCK}
    if busy or is_disconnect(failure) or is_crowded(failure):
        return Problem(503, "The database is busy; try again.", headers={"Retry-After": "1"})
    return None


def problem_at(failure: "DBAPIError", request: Request, registry: Registry) -> Problem | None:
    """The Problem for a database error of this request; None for a retryable or an internal one."""
    if retry.is_retryable(failure, registry):
        return None  # the caller retries
    match = registry.at(request.path[1:])
    problem = problem_of(failure, match[0] if match else None)
    if problem is not None and problem.status == 503:
        log.error("the database did not answer in time, or not at all", failure)
    return problem


def _place_of(resource: Resource | None, column: str | None) -> str:
    """JSON pointer to the member that is stored in this column; "/data" where unknown."""
    if resource is None or column is None:
        return "/data"
    for name, declared in resource.declared.items():
        if isinstance(declared, ToOne) and column == (declared.column or f"{name}_id"):
            return f"/data/relationships/{name.replace('_', '-')}"
    written = (attribute.wire for attribute in resource.attributes.values() if attribute.column == column)
    return next((f"/data/attributes/{wire}" for wire in written), "/data")


def _known_conflict(resource: Resource | None, name: str) -> tuple[str, str]:
    if resource is not None and name in resource.constraint_errors:
        return resource.constraint_errors[name]
    return "/data", "There is already one like this."


def _pointer(resource: Resource | None, index: str) -> str:
    """JSON pointer to the text attribute in this index or unique constraint; "/data" where unknown."""
    if resource is None or resource.model is None:
        return "/data"
    table = resource.model.__table__
    indexed_words = {
        word
        for constraint in [*table.indexes, *table.constraints]  # type: ignore[attr-defined]
        if constraint.name == index
        for expression in getattr(constraint, "expressions", constraint.columns)
        for word in _WORD.findall(str(expression))
    }
    wire_names = [
        attribute.wire
        for attribute in resource.attributes.values()
        if attribute.column in indexed_words
        and attribute.sql_type == "TEXT"
        and not attribute.field.dump_only
    ]
    return f"/data/attributes/{wire_names[0]}" if len(wire_names) == 1 else "/data"
