"""SQL of order statistics, by the state names that clients use.

Active orders are counted by the tickets in use; cancelled and expired ones, whose seats were released, by the
tickets ordered.
"""

from collections.abc import Sequence
from typing import Final

from chalicelib.jsonapi.ground.sql import Row, Sql, sql
from chalicelib.resources.orders.order import states
from chalicelib.values.money import SMALLEST_UNIT

# client's name of a state -> state
_NAMES: Final = {
    "draft": states.INITIALIZING,
    "cancelled": states.CANCELLED,
    "pending": states.PENDING,
    "expired": states.EXPIRED,
    "placed": states.PLACED,
    "completed": states.COMPLETED,
}
_GIVEN_BACK: Final = states.listed(states.ENDED)
# What is counted of `placed`: no orders of an event's test mode.
COUNTED: Final = "NOT placed.is_test"
# An order and those of exchanged tickets are counted once: what moved along to another order is sold by that.
SOLD: Final = "(placed.amount - coalesce(moved.amount, 0))"


def moved_of(event: str) -> str:
    """SQL: a join of what moved along with exchanged tickets, as `moved`, to an event's orders, as `placed`.

    `event` is SQL of the event's id.
    """
    return (
        "LEFT JOIN (SELECT back.order_id, sum(back.amount_minor * CASE back.currency "  # noqa: S608 - no user input
        f"{SMALLEST_UNIT}) AS amount FROM refunds back WHERE back.event_id = {event} "
        "AND back.reason = 'exchanged' GROUP BY back.order_id) moved ON moved.order_id = placed.id"
    )


def by_state(value: str, source: str, **more: str) -> str:
    """SQL: an object with `value` (an aggregate) over `source`, in total and by state.

    `source` is what follows FROM and has the order as `placed`; `more` are further members.
    """
    members = [f"'total', coalesce({value}, 0)"]
    for name, state in _NAMES.items():
        members.append(f"'{name}', coalesce({value} FILTER (WHERE placed.status = '{state}'), 0)")
    members += [f"'{name}', {sql}" for name, sql in more.items()]
    return f"(SELECT jsonb_build_object({', '.join(members)}) FROM {source})"  # noqa: S608 - no user input


def tickets_of(row: str, column: str) -> str:
    """The source for by_state to count tickets, as the sum of placed.tickets.

    `row` is the alias of an event or of a ticket, and `column` refers to such rows.
    """
    at = {"event_id": "placed.event_id", "ticket_id": "line.ticket_id"}[column]
    event = {"event_id": "id", "ticket_id": "event_id"}[column]
    # Redundant, but it keeps PostgreSQL from scanning all orders.
    return (
        "(SELECT placed.status, 1 AS tickets FROM attendees person "  # noqa: S608 - no user input
        f"JOIN orders placed ON placed.id = person.order_id AND placed.event_id = {row}.{event} "
        f"AND placed.status NOT IN {_GIVEN_BACK} AND {COUNTED} "
        f"WHERE person.{column} = {row}.id AND person.deleted_at IS NULL "
        "UNION ALL SELECT placed.status, line.quantity FROM orders placed "
        f"JOIN orders_tickets line ON line.order_id = placed.id AND placed.status IN {_GIVEN_BACK} "
        f"WHERE placed.event_id = {row}.{event} AND {at} = {row}.id AND {COUNTED}) placed"
    )


def money_by_state(event: Row, states: Sequence[str]) -> Sql:
    """A SELECT of one row: the sums of an event's orders, one column per state."""
    sums = (f"coalesce(sum({SOLD}) FILTER ({_in(state)}), 0) AS {state}" for state in states)
    before, after = moved_of("|").split("|")
    return sql(
        f"SELECT {', '.join(sums)} FROM orders placed {before}",  # noqa: S608 - no user input
        *(event["id"], f"{after} WHERE {COUNTED} AND placed.event_id = ", event["id"]),
    )


def tickets_by_state(event: Row, states: Sequence[str]) -> Sql:
    """A SELECT of one row: the numbers of an event's attendees, one column per order state."""
    counts = (f"count(*) FILTER ({_in(state)}) AS {state}" for state in states)
    return sql(
        f"SELECT {', '.join(counts)} "  # noqa: S608 - no user input
        "FROM attendees person JOIN orders placed ON placed.id = person.order_id ",
        *("WHERE placed.event_id = ", event["id"], " AND person.event_id = ", event["id"]),
        f" AND person.deleted_at IS NULL AND {COUNTED}",
    )


def _in(state: str) -> str:
    return f"WHERE placed.status = '{state}'"


def money_of_event(event: str, state: str) -> str:
    """SQL: the sum of an event's orders in a state; `event` is the alias of its row."""
    return (
        f"(SELECT coalesce(sum({SOLD}), 0) FROM orders placed {moved_of(f'{event}.id')} "  # noqa: S608 - no user input
        f"WHERE placed.event_id = {event}.id AND placed.status = '{state}' AND {COUNTED})"
    )


def tickets_of_event(event: str, state: str) -> str:
    """SQL: the number of an event's attendees with orders in a state."""
    return (
        "(SELECT count(*) FROM attendees person JOIN orders placed ON placed.id = person.order_id "  # noqa: S608 - no user input
        f"WHERE placed.event_id = {event}.id AND placed.status = '{state}' AND {COUNTED} "
        f"AND person.event_id = {event}.id AND person.deleted_at IS NULL)"
    )
