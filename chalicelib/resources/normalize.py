"""Rewrites stored rows in today's normal form: markup, keys, addresses, derived columns.

A field whose stored value may differ from the input has an idempotent `stored_form(value)`. Rows from before
that are rewritten here, in pages by id.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chalicelib import db, outbox
from chalicelib.db_errors import sqlstate
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.write.insert import new_row

# The name that messages in the queue have.
TASK: Final = "normalise"
# Version of the normal forms: change it, and the next migration schedules a rewrite.
CHANGED: Final = "2026-11-28"
PAGE: Final = 500  # rows
_DELAY: Final = 3600  # seconds for the new code to be deployed to the functions
_VIOLATES: Final = "23"  # SQLSTATE class of constraint violations

Values = dict[str, Any]
_Form = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Page:
    """The result of rewriting a page of rows.

    last       the highest id that was read; None when there are no more rows
    rewritten  how many rows were changed
    refused    ids of rows whose normal form violates a constraint, for instance because the key is taken;
               they stay as they are
    """

    last: int | None
    rewritten: int = 0
    refused: tuple[int, ...] = ()


def nouns(among: Iterable[Resource]) -> Iterator[Resource]:
    """The types with normal forms or derived columns."""
    return (
        resource
        for resource in among
        if resource.model is not None and (_forms(resource) or resource.model.__derived__)
    )


def plan(migrated: Mapping[str, Any]) -> None:
    """Schedule a rewrite an hour after a migration (its result) of a database with rows."""
    if migrated["from"] is None or not migrated["applied"]:
        return
    with db.transaction() as session:
        outbox.add(session, TASK, {}, key=f"{TASK}-{CHANGED}", delay=_DELAY)


def rewrite(session: Session, resource: Resource, after: int = 0, limit: int = PAGE) -> Page:
    """Rewrite the next `limit` rows with ids above `after` that differ from their normal form.

    The rows are locked until the end of the transaction. Raises DBAPIError.
    """
    forms, derived = _forms(resource), resource.model_or_raise.__derived__
    columns = sorted({*forms, *derived, *(name for sources in derived.values() for name in sources)})
    chosen = ", ".join(f'"{name}"' for name in columns)
    rows = db.fetch(
        session,
        f'SELECT id, {chosen} FROM "{resource.table}" WHERE id > $1 ORDER BY id LIMIT $2 FOR NO KEY UPDATE',  # noqa: S608 - names of columns
        [after, limit],
    )
    changes = {}
    for id, *values in rows:
        row = dict(zip(columns, values, strict=True))
        new = _renewed(resource, row, forms)
        if new != row:
            changes[id] = new
    refused = _write(session, resource, columns, changes) if changes else ()
    return Page(rows[-1][0] if rows else None, len(changes) - len(refused), refused)


def _forms(resource: Resource) -> Mapping[str, _Form]:
    """Normal form functions by column."""
    known = resource.model_or_raise.__table__.columns
    return {
        attribute.column: attribute.field.stored_form
        for attribute in resource.attributes.values()
        if attribute.column in known and hasattr(attribute.field, "stored_form")
    }


def _renewed(resource: Resource, row: Values, forms: Mapping[str, _Form]) -> Values:
    new = {**row, **{name: form(row[name]) for name, form in forms.items() if row[name] is not None}}
    derived = resource.model_or_raise.__derived__
    if derived:
        # Setting their source columns derives them, as in every write.
        sources = {name: new[name] for several in derived.values() for name in several}
        made = new_row(resource.model_or_raise, sources)
        new |= {name: getattr(made, name) for name in derived}
    return new


def _write(
    session: Session, resource: Resource, columns: Sequence[str], changes: Mapping[int, Values]
) -> tuple[int, ...]:
    """Update the rows together, or one by one if that is refused; returns the ids of the refused ones."""
    try:
        _update(session, resource, columns, changes)
    except DBAPIError as problem:
        if not (sqlstate(problem) or "").startswith(_VIOLATES):
            raise
        if len(changes) == 1:
            return tuple(changes)
        alone = ({id: values} for id, values in changes.items())
        return tuple(id for row in alone for id in _write(session, resource, columns, row))
    return ()


def _update(
    session: Session, resource: Resource, columns: Sequence[str], changes: Mapping[int, Values]
) -> None:
    table = resource.model_or_raise.__table__.columns
    kinds = ["jsonb" if isinstance(table[name].type, JSONB) else "text" for name in columns]
    sets = ", ".join(f'"{name}" = new."{name}"' for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    parameters = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(kinds, start=2))
    values = [[change[name] for change in changes.values()] for name in columns]
    with db.savepoint(session):
        db.fetch(
            session,
            f'UPDATE "{resource.table}" t SET {sets} FROM unnest($1::bigint[], {parameters}) '  # noqa: S608 - names of columns
            f"AS new (id, {names}) WHERE t.id = new.id",
            [list(changes), *values],
        )
