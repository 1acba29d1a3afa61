"""Old rows in today's form: markup cleaned, keys and addresses normalised, derived columns made anew.

A field whose stored value is not simply what was sent says so by `stored_form(value)`, which is idempotent.
Rows that were stored before the field did so are rewritten here, a page at a time in the order of their ids.
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

TASK: Final = "normalise"
# When a stored form last changed: with another text here, the next migration has old rows rewritten.
CHANGED: Final = "2026-11-28"
PAGE: Final = 500  # rows
_DELAY: Final = 3600  # seconds in which the code that knows the task comes to the functions
_VIOLATES: Final = "23"  # the class of SQLSTATEs for what a constraint refuses

Values = dict[str, Any]
_Form = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Page:
    """What was done to some rows of a noun.

    last       the greatest id that was looked at; None when there are no more rows
    rewritten  how many rows had another form
    refused    ids of rows whose new form a constraint does not allow, for instance because a key in that
               form is taken; they stay as they are
    """

    last: int | None
    rewritten: int = 0
    refused: tuple[int, ...] = ()


def nouns(among: Iterable[Resource]) -> Iterator[Resource]:
    """The nouns that have values with a stored form, or derived columns."""
    return (one for one in among if one.model is not None and (_forms(one) or one.model.__derived__))


def plan(migrated: Mapping[str, Any]) -> None:
    """Have old rows rewritten an hour after a migration (what it answered) of a database that has rows."""
    if migrated["from"] is None or not migrated["applied"]:
        return
    with db.transaction() as session:
        outbox.add(session, TASK, {}, key=f"{TASK}-{CHANGED}", delay=_DELAY)


def rewrite(session: Session, resource: Resource, after: int = 0, limit: int = PAGE) -> Page:
    """Rewrite the next `limit` rows with ids greater than `after`, where they differ from their stored form.

    The rows are locked until the end of the transaction. Raises DBAPIError.
    """
    forms, derived = _forms(resource), resource.written.__derived__
    columns = sorted({*forms, *derived, *(name for sources in derived.values() for name in sources)})
    chosen = ", ".join(f'"{name}"' for name in columns)
    found = db.fetch(
        session,
        f'SELECT id, {chosen} FROM "{resource.table}" WHERE id > $1 ORDER BY id LIMIT $2 FOR NO KEY UPDATE',  # noqa: S608 - names of columns
        [after, limit],
    )
    changes = {}
    for id, *values in found:
        row = dict(zip(columns, values, strict=True))
        new = _renewed(resource, row, forms)
        if new != row:
            changes[id] = new
    refused = _write(session, resource, columns, changes) if changes else ()
    return Page(found[-1][0] if found else None, len(changes) - len(refused), refused)


def _forms(resource: Resource) -> Mapping[str, _Form]:
    """Functions to the stored form, by column."""
    known = resource.written.__table__.columns
    return {
        one.column: one.field.stored_form
        for one in resource.attributes.values()
        if one.column in known and hasattr(one.field, "stored_form")
    }


def _renewed(resource: Resource, row: Values, forms: Mapping[str, _Form]) -> Values:
    new = {**row, **{name: form(row[name]) for name, form in forms.items() if row[name] is not None}}
    derived = resource.written.__derived__
    if derived:
        # Setting what they follow makes them, as in every write.
        sources = {name: new[name] for several in derived.values() for name in several}
        made = new_row(resource.written, sources)
        new |= {name: getattr(made, name) for name in derived}
    return new


def _write(
    session: Session, resource: Resource, columns: Sequence[str], changes: Mapping[int, Values]
) -> tuple[int, ...]:
    """Update the rows together, or one by one where that is refused; the ids of those that were."""
    try:
        _update(session, resource, columns, changes)
    except DBAPIError as problem:
        if not (sqlstate(problem) or "").startswith(_VIOLATES):
            raise
        if len(changes) == 1:
            return tuple(changes)
        alone = ({id: values} for id, values in changes.items())
        return tuple(id for one in alone for id in _write(session, resource, columns, one))
    return ()


def _update(
    session: Session, resource: Resource, columns: Sequence[str], changes: Mapping[int, Values]
) -> None:
    table = resource.written.__table__.columns
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
