"""Values of ours that follow from several old columns, or mean something else here."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from chalicelib.auth import former_hashes
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.order.reservations import PENDING_FOR
from chalicelib.resources.orders.payment.modes import NAMES
from chalicelib.resources.programme.track import readable_on
from chalicelib.values import currencies, money

Row = Mapping[str, Any]
# How long a reservation lasts where the old settings do not say, in minutes.
HOLD: Final = 10
# What older versions wrote.
_STATES: Final = {"initialized": states.INITIALIZING, "deleted": states.CANCELLED}
_MODES: Final = {"card": "stripe", "transfer": "bank", "bank transfer": "bank", "check": "cheque"}
_WHITE: Final = "#FFFFFF"


def former_password(row: Row) -> str | None:
    """The old hash as passwords.py verifies it, or None: no password opens the account."""
    return former_hashes.stored_form(row.get("salt"), row.get("_password"))


def order_status(row: Row) -> str:
    """The state of an order: a reservation whose time is over has expired."""
    status = str(row.get("status") or "").lower()
    if status not in states.STATES:
        status = _STATES.get(status) or (states.COMPLETED if row.get("completed_at") else states.EXPIRED)
    return states.EXPIRED if status in states.HELD and _reserved_until(row, status) <= _now(row) else status


def reservation_end(row: Row) -> str | None:
    """Until when seats are held for an order that nobody has finished."""
    status = order_status(row)
    return _reserved_until(row, status).isoformat() if status in states.HELD else None


def payment_mode(row: Row) -> str | None:
    """The payment mode by its name here; None where nobody has said it, or for an unknown one."""
    mode = str(row.get("payment_mode") or "").strip().lower()
    mode = _MODES.get(mode, mode)
    return mode if mode in NAMES else None


def seat_released_at(row: Row) -> str | None:
    """When an attendee was deleted: people of cancelled and expired orders take no seat."""
    if row.get("deleted_at"):
        return str(row["deleted_at"])
    order = row.get("_order")
    if order is None or order_status({**order, "_now": row["_now"]}) not in states.ENDED:
        return None
    known = (order.get("trashed_at"), order.get("completed_at"), row.get("modified_at"))
    return str(next(filter(None, (*known, order.get("created_at"), row.get("created_at"))), row["_now"]))


def code_of_order(column: str, applied: str) -> Callable[[Row], Any]:
    """The code of an attendee's order, where the attendee used it."""

    def find(row: Row) -> Any:
        order = row.get("_order")
        return order.get(column) if order and row.get(applied) else None

    return find


def identifier_or_id(row: Row) -> str:
    """The identifier in the QR code of an attendee: the id, where there is none."""
    return str(row.get("identifier") or row["id"])


def font_color(row: Row) -> str:
    """Black or white, on the color of a track; white where that is no color."""
    try:
        return readable_on(str(row.get("color") or ""))
    except ValueError:
        return _WHITE


def first_of(*columns: str) -> Callable[[Row], Any]:
    """The first of these old columns that has a value."""
    return lambda row: next((row[name] for name in columns if row.get(name) not in (None, "")), None)


def shortened(column: str, longest: int) -> Callable[[Row], Any]:
    """A text, cut where the database takes no longer one."""

    def cut(row: Row) -> Any:
        text = row.get(column)
        return text[:longest] if isinstance(text, str) else text

    return cut


def constant(value: Any) -> Callable[[Row], Any]:
    """The same for every row."""
    return lambda _row: value


def moment(text: Any) -> datetime | None:
    """A timestamp of the source as datetime; None for what Python cannot hold."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _reserved_until(row: Row, status: str) -> datetime:
    begun = moment(row.get("created_at")) or datetime.min.replace(tzinfo=UTC)
    held = timedelta(minutes=row.get("_hold") or HOLD)
    return begun + (PENDING_FOR + held if status == states.PENDING else held)


def _now(row: Row) -> datetime:
    return moment(row["_now"]) or datetime.max.replace(tzinfo=UTC)


def currency_of_event(row: Row) -> str | None:
    """The currency of an order: that of its event."""
    code = currencies.stored_form(str((row.get("_event") or {}).get("payment_currency") or ""))
    return code if code in currencies.DIGITS else None


def quantity_sold(row: Row) -> int:
    """How many of a ticket were ordered; one, where the old row does not say."""
    quantity = row.get("quantity")
    return quantity if isinstance(quantity, int) else 1


def price_sold(row: Row) -> str:
    """The price of each, with the decimals of the currency."""
    price = row.get("price")
    exact = Decimal(str(price)) if isinstance(price, int | float) else Decimal(0)
    currency = currencies.stored_form(str(row.get("payment_currency") or ""))
    return str(money.rounded(exact, currency))


def name_sold(row: Row) -> Any:
    """The ticket's name, as it was sold under."""
    return row.get("name")
