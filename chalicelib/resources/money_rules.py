"""Amounts have the decimals of their currency: none in yen, two in euros, three in dinars.

Checked when an amount is written, when its row moves to another event, and when an event's currency changes.
"""

from collections.abc import Callable

from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.events.event.event import Event
from chalicelib.values.currencies import mistake_in_amount


def in_the_currency_of_its_event(
    *columns: str, beside: str = "event_id"
) -> "Callable[[Context, Change], None]":
    """Hook factory: these amounts have the decimals of the event's currency; two where it has none yet.

    Also checked when the column `beside` changes. Raises Problem 422.
    """

    def rule(context: Context, change: Change) -> None:
        row = change.row
        touched = (
            change.is_new or change.restores or not change.before.keys().isdisjoint({"event_id", beside})
        )
        written = [name for name in columns if touched or name in change.before]
        if not written:
            return
        event = context.session.get(Event, row.event_id) if row.event_id is not None else None
        demand_digits(row, written, event.payment_currency if event is not None else None)

    return rule


def demand_digits(row: object, columns: "list[str]", currency: str | None) -> None:
    """Raise Problem 422 for the first of the amounts that has more decimals than its currency."""
    for name in columns:
        amount = getattr(row, name)
        mistake = None if amount is None else mistake_in_amount(amount, currency)
        if mistake is not None:
            raise invalid(mistake, f"/data/attributes/{name.replace('_', '-')}")
