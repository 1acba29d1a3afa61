"""Hooks and rules that access codes and discount codes share: limits and validity."""

from typing import Final

from chalicelib import clock
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.ground.sql import ROW, Param, Row, Sql, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.policy import visible_with
from chalicelib.jsonapi.rights.proofs import CODE, proves
from chalicelib.jsonapi.rights.viewer_parameters import secret
from chalicelib.resources.columns import fill_in_defaults


def same_code(row: Row, text: Param | str) -> Sql:
    """Condition: the text is the code of the row, in the normal form of `values.keys.code_form`."""
    return sql("lower(", row["code"], ") = lower(btrim(normalize(", text, ", NFKC), E' \\t\\r\\n'))")


# A code is visible to whoever knows its text, if the event is visible to them.
KNOWN: Final = proves(CODE, same_code(ROW, secret(CODE)), "whoever has its code") & visible_with("event")


def note_another_text(_context: Context, change: Change) -> None:
    """Who knew the former text does not know another one: the time tells which orders show that."""
    former = change.before.get("code")
    if former is not None and former.lower() != change.row.code.lower():
        change.row.text_since = clock.now()


def serve_sensible_numbers(_context: Context, change: Change) -> None:
    """The limits per order are consistent with each other and with the total."""
    row = change.row
    if change.is_new:
        fill_in_defaults(row)
        if "max_quantity" not in change.sent and None not in (row.max_quantity, row.tickets_number):
            row.max_quantity = min(row.max_quantity, row.tickets_number)
        if "min_quantity" not in change.sent and None not in (row.min_quantity, row.max_quantity):
            row.min_quantity = min(row.min_quantity, row.max_quantity)
    elif change.before.keys().isdisjoint({"tickets_number", "min_quantity", "max_quantity"}):
        return
    most = row.max_quantity
    if most is None or most < 0:  # unlimited
        return
    if row.min_quantity is not None and row.min_quantity > most:
        raise invalid("min-quantity is more than max-quantity.", "/data/attributes/min-quantity")
    if row.tickets_number is not None and row.tickets_number < most:
        raise invalid("tickets-number is less than max-quantity.", "/data/attributes/tickets-number")


def begin_before_ending(_context: Context, change: Change) -> None:
    """A code becomes valid before it ends."""
    row = change.row
    if not change.is_new and change.before.keys().isdisjoint({"valid_from", "valid_till"}):
        return
    if None not in (row.valid_from, row.valid_till) and row.valid_from > row.valid_till:
        raise invalid("A code must become valid before it ends.", "/data/attributes/valid-from")
