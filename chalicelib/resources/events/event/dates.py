"""Constraints between an event's dates and those of its tickets, codes and sessions; checked from both ends.

Tickets and codes are checked when written. When an event's end moves earlier, ticket sales that would end
later are shortened, with a ticket.updated signal; what cannot be adjusted refuses the move with 422.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db, signals
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context

_ENDS_AT: Final = "/data/attributes/ends-at"


@dataclass(frozen=True, slots=True)
class Fit:
    """A constraint between a row (alias t) and its event (alias e): SQL that must not be true.

    `columns` are those of the row that it is about, and `name` the one by which people know the row.
    """

    table: str
    noun: str
    name: str
    columns: tuple[str, ...]
    broken: str
    sentence: str
    pointer: str


_CODE: Final[dict[str, Any]] = {
    "name": "code",
    "columns": ("valid_from", "valid_till"),
    "broken": "t.valid_till IS NULL AND t.valid_from > e.ends_at",
    "sentence": "A code must become valid before it ends, which is with the event unless it says otherwise.",
    "pointer": "/data/attributes/valid-from",
}
TICKETS: Final = Fit(
    "tickets",
    "ticket",
    "name",
    ("sales_ends_at",),
    "t.sales_ends_at > e.ends_at",
    "Sales cannot end after the event has ended.",
    "/data/attributes/sales-ends-at",
)
DISCOUNT_CODES: Final = Fit("discount_codes", "discount code", **_CODE)
ACCESS_CODES: Final = Fit("access_codes", "access code", **_CODE)
FITS: Final = (TICKETS, DISCOUNT_CODES, ACCESS_CODES)

_END_SALES: Final = """
UPDATE tickets SET sales_ends_at = $2
WHERE event_id = $1 AND sales_ends_at > $2 AND sales_starts_at < $2 RETURNING id
"""


def fits_the_event(fit: Fit) -> Callable[[Context, Change], None]:
    """Hook: rows of a type must fit the dates of their event. Raises Problem 422."""

    def rule(context: Context, change: Change) -> None:
        row = change.row
        matters = change.is_new or change.restores
        if not matters and change.before.keys().isdisjoint({*fit.columns, "event_id"}):
            return
        given = ", ".join(f"${n}::timestamptz AS {name}" for n, name in enumerate(fit.columns, start=2))
        # Locks the event until this row is written.
        rows = db.fetch(
            context.session,
            f"SELECT {fit.broken} FROM (SELECT {given}) t, events e WHERE e.id = $1 FOR SHARE OF e",  # noqa: S608
            [row.event_id, *(getattr(row, name) for name in fit.columns)],
            flush=False,
        )
        if rows and rows[0][0]:
            raise invalid(fit.sentence, fit.pointer)

    return rule


def move_what_hangs_on_the_dates(context: Context, change: Change) -> None:
    """After-write hook of events: end ticket sales with the event. Raises Problem 422 for what does
    not fit.
    """
    if change.is_new or "ends_at" not in change.before:
        return
    for id in end_sales(context.session, change.row):
        signals.emit(
            context.session,
            "ticket.updated",
            id=id,
            changed=["sales_ends_at"],
            viewer_id=context.viewer.id,
        )
    for fit in FITS:
        names = db.fetch(
            context.session,
            f"SELECT t.{fit.name} FROM {fit.table} t JOIN events e ON e.id = t.event_id "  # noqa: S608 - no user input
            f"WHERE e.id = $1 AND t.deleted_at IS NULL AND {fit.broken} ORDER BY t.id LIMIT 1",
            [change.row.id],
        )
        if names:
            raise invalid(f"The {fit.noun} {names[0][0]!r} does not fit: {fit.sentence}", _ENDS_AT)


def end_sales(session: Session, event: Any) -> list[int]:
    """End sales at the event's end at the latest; returns the ids of the tickets changed."""
    return [row[0] for row in db.fetch(session, _END_SALES, [event.id, event.ends_at])]
