"""What access codes and discount codes have in common: how often they serve, and how long."""

from typing import TYPE_CHECKING, Final

from chalicelib.jsonapi.errors import invalid
from chalicelib.jsonapi.policy import seen_with
from chalicelib.jsonapi.proofs import CODE, proves
from chalicelib.resources.columns import fill_in_defaults
from chalicelib.resources.events.event import Event

if TYPE_CHECKING:
    from chalicelib.jsonapi.change import Change
    from chalicelib.jsonapi.context import Context


def same_code(t: str, text: str) -> str:
    """SQL: the text is what is printed on the code in the row `t`."""
    return f"lower({t}.code) = lower({text})"


# Whoever knows what is printed on a code sees it, at an event that they see.
KNOWN: Final = proves(CODE, same_code, "whoever has its code") & seen_with("event")


def serve_sensible_numbers(_context: "Context", change: "Change") -> None:
    """The limits of one order fit each other, and the number of tickets in all."""
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
    if most is None or most < 0:  # without a limit
        return
    if row.min_quantity is not None and row.min_quantity > most:
        raise invalid("min-quantity is more than max-quantity.", "/data/attributes/min-quantity")
    if row.tickets_number is not None and row.tickets_number < most:
        raise invalid("tickets-number is less than max-quantity.", "/data/attributes/tickets-number")


def begin_before_ending(context: "Context", change: "Change") -> None:
    """A code becomes valid before it ends, which is with the event unless it says otherwise."""
    row = change.row
    if not change.is_new and change.before.keys().isdisjoint({"valid_from", "valid_till", "event_id"}):
        return
    if row.valid_from is None:
        return
    last = row.valid_till
    if last is None and row.event_id is not None:
        event = context.session.get(Event, row.event_id)
        last = event.ends_at if event is not None else None
    if last is not None and row.valid_from > last:
        raise invalid("A code must become valid before it ends.", "/data/attributes/valid-from")
