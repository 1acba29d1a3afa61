"""Discount codes: permissions, purpose, and limits of the discount."""

from typing import TYPE_CHECKING, Any

from chalicelib import db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.errors import conflict, invalid
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.fields import validate
from chalicelib.jsonapi.model.policy import Policy, column_is, myself, staff, where_sql
from chalicelib.jsonapi.rights.viewer_parameters import of_viewer
from chalicelib.resources.money_rules import in_the_currency_of_its_event
from chalicelib.resources.policies import holds
from chalicelib.resources.tickets.code_rules import KNOWN

if TYPE_CHECKING:
    from chalicelib.jsonapi.model.change import Change
    from chalicelib.jsonapi.model.context import Context

_IN_CURRENCY = in_the_currency_of_its_event("value", beside="type")
_PURPOSES = ("event", "ticket")
_USED_FOR = "/data/attributes/used-for"


class Purpose(validate.OneOf):
    """Validator of a code's purpose; an unknown one is a 409, not a 422."""

    def __init__(self) -> None:
        super().__init__(_PURPOSES)

    def __call__(self, value: Any) -> Any:
        if value not in _PURPOSES:
            raise conflict("used-for must be event or ticket.", _USED_FOR)
        return value


_USED_BY_VIEWER = sql(
    "EXISTS (SELECT 1 FROM orders bought WHERE bought.discount_code_id = ",
    *(ROW["id"], " AND ", of_viewer("bought"), ")"),
)
_FOR_TICKETS = column_is("used_for", "ticket")
_WRITERS = (_FOR_TICKETS & holds(COORGANIZERS)) | staff
# The team may send a code with an unknown purpose, and gets the error for it.
_MAKERS = (~column_is("used_for", "event") & holds(COORGANIZERS)) | staff
_HAS_CODE = _FOR_TICKETS & KNOWN
POLICY = Policy(
    see=_WRITERS
    | (_FOR_TICKETS & myself("marketer_id"))
    | where_sql(_USED_BY_VIEWER, "buyers who have used it", least=Kind.USER)
    | _HAS_CODE,
    read=_WRITERS | _HAS_CODE,
    list=staff,
    create=_MAKERS,
    change=_WRITERS,
    remove=_WRITERS,
)


def serve_one_purpose(_context: "Context", change: "Change") -> None:
    """A code is for tickets of one event, or for events that staff assigns; immutable."""
    row = change.row
    if row.used_for is None:
        raise conflict("Say in used-for whether the code is for an event or for tickets.", _USED_FOR)
    if "used_for" in change.before:
        raise conflict("What a code is for cannot change.", _USED_FOR)
    if row.used_for == "ticket" and row.event_id is None:
        raise invalid("The relationship event is required.", "/data/relationships/event")
    if row.used_for == "event" and row.event_id is not None:
        raise invalid("A code for events is given to them by events.", "/data/relationships/event")


def belong_to_whoever_makes_it(context: "Context", change: "Change") -> None:
    """The creator is the code's marketer."""
    if change.is_new:
        change.row.marketer_id = context.viewer.id


def take_a_part_at_most(context: "Context", change: "Change") -> None:
    """A percentage is at most 100; an amount is valid money."""
    row = change.row
    if row.type == "percent" and row.value > 100:
        raise invalid("A discount is 100 percent at most.", "/data/attributes/value")
    if row.type == "amount":
        _IN_CURRENCY(context, change)


def fit_tickets(context: "Context", change: "Change") -> None:
    """Only paid tickets are discounted, and never by more than their price."""
    row = change.row
    if not {"type", "value", "event_id"} & change.before.keys() and "tickets" not in change.linked:
        return
    pointer = "/data/relationships/tickets"
    found = db.fetch(
        context.session,
        "SELECT type, price FROM tickets JOIN discount_codes_tickets link ON link.ticket_id = tickets.id "
        "WHERE link.discount_code_id = $1 AND tickets.deleted_at IS NULL",
        [row.id],
    )
    if found and row.used_for == "event":
        raise invalid("A code for events discounts no tickets.", pointer)
    for kind, price in found:
        if kind.startswith("free"):
            raise invalid("A free ticket cannot be discounted.", pointer)
        if row.type == "amount" and kind.startswith("paid") and row.value > (price or 0):
            raise invalid("The discount is more than a ticket's price.", "/data/attributes/value")


def fit_events(context: "Context", change: "Change") -> None:
    """An event has one platform code at most."""
    if "events" not in change.linked:
        return
    row = change.row
    pointer = "/data/relationships/events"
    found = db.fetch(
        context.session,
        "SELECT EXISTS (SELECT 1 FROM discount_codes_events other "
        "JOIN discount_codes code ON code.id = other.discount_code_id "
        "WHERE other.event_id = link.event_id AND code.id <> $1 AND code.deleted_at IS NULL) "
        "FROM discount_codes_events link WHERE link.discount_code_id = $1",
        [row.id],
    )
    if found and row.used_for == "ticket":
        raise invalid("A code for tickets belongs to its event alone.", pointer)
    if any(taken for (taken,) in found):
        raise invalid("An event has a code of the platform already.", pointer)
