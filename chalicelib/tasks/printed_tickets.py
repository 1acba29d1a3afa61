"""Printed tickets: what is on the tickets of an order, read in one statement, as it is now."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.sql import Param, Row, Sql, Statement, render, sql
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.plain_text import plain_lines
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.jsonapi.rights import viewer_parameters
from chalicelib.jsonapi.rights.visibility import visible_where
from chalicelib.paper_store import TICKETS, Paper, fingerprint
from chalicelib.papers.ticket import LAYOUT, Ticket
from chalicelib.resources.orders.order.states import COMPLETED, PLACED
from chalicelib.resources.orders.payment.modes import admits_before_payment
from chalicelib.values.zones import local, zone

TASK: Final = "print_tickets"
MOST: Final = 1000  # pages of one document
_NOT_KNOWN: Final = "To be announced"
_COLUMNS: Final = """
SELECT attendee.id, attendee.identifier, concat_ws(' ', nullif(attendee.firstname, ''), attendee.lastname),
  coalesce(attendee.email, ''), coalesce(line.name, ticket.name), bought.id, bought.identifier,
  coalesce(bought.reference, ''), bought.status, bought.payment_mode, event.name, event.starts_at,
  event.ends_at, event.timezone, coalesce(event.location_name, ''), coalesce(event.online, FALSE),
  event.after_order_message, event.deleted_at IS NULL, bought.is_test,
  CASE WHEN event.ticket_code = 'signed' THEN (SELECT code.text FROM ticket_codes code
    WHERE code.attendee_id = attendee.id AND code.void IS NULL) END
FROM attendees attendee
JOIN orders bought ON bought.id = attendee.order_id
JOIN tickets ticket ON ticket.id = attendee.ticket_id
JOIN events event ON event.id = bought.event_id
LEFT JOIN orders_tickets line ON line.order_id = bought.id AND line.ticket_id = ticket.id
"""
_END: Final = f" ORDER BY attendee.id LIMIT {MOST}"
_BY_IDS: Final = (
    f"{_COLUMNS} WHERE attendee.id = ANY($1::bigint[]) AND bought.id = $2 "
    f"AND attendee.deleted_at IS NULL{_END}"
)


class Printed:
    """Tickets of one order, and the state of that order."""

    def __init__(self, rows: Sequence[Sequence[Any]]) -> None:
        self.ids = [row[0] for row in rows]
        self.order_id, self.order, _, self.status, self._mode = rows[0][5:10]
        self._event_is_there: bool = rows[0][17]
        self.tickets = [_ticket(row) for row in rows]

    @property
    def refusal(self) -> str:
        """Why these are no valid tickets, or ""."""
        if not self._event_is_there:
            return "The event was removed, and its tickets admit nobody."
        if self.status == COMPLETED or (self.status == PLACED and admits_before_payment(self._mode)):
            return ""
        if self.status == PLACED:
            return "There are no tickets yet: the order is not paid."
        return f"There are no tickets for an order that is {self.status}."

    def paper(self, file_name: str) -> Paper:
        """The document, and the task that makes it."""
        arguments = {"order_id": self.order_id, "attendees": ",".join(map(str, self.ids))}
        return Paper(self.key, file_name, TASK, arguments)

    @property
    def key(self) -> str:
        """Where the document is stored: other content is at another key."""
        said = [LAYOUT, *(asdict(ticket) for ticket in self.tickets)]
        return f"{TICKETS}{self.order_id}/{fingerprint(said)}.pdf"


def visible_tickets(context: Context, order_id: int) -> Printed | None:
    """The tickets of the order that the viewer sees: all, or their own. None where they see none."""
    statement = _statement(context.registry, context.viewer.kind)
    values = viewer_parameters.values(statement, context.viewer, {"order": order_id})
    rows = db.fetch(context.session, statement.text, values)
    return Printed(rows) if rows else None


def tickets_of(session: Session, order_id: int, attendee_ids: Sequence[int]) -> Printed | None:
    """The tickets of these attendees, as far as they are in the order. The caller says who gets them."""
    rows = db.fetch(session, _BY_IDS, [list(attendee_ids), order_id])
    return Printed(rows) if rows else None


@lru_cache(maxsize=16)
def _statement(registry: Registry, kind: Kind) -> Statement:
    attendee = Row("attendee")
    seen: Sql = visible_where(registry, "attendee", attendee, kind)
    return render(sql(f"{_COLUMNS} WHERE bought.id = ", Param("order", "bigint"), " AND ", seen, _END))


def _ticket(row: Sequence[Any]) -> Ticket:
    _, identifier, holder, address, kind, _, order, reference, status, _, event, begin, end, name = row[:14]
    where, online, message, _, is_test, signed = row[14:]
    place = f"Online and at {where}" if online and where else where or ("Online" if online else _NOT_KNOWN)
    return Ticket(
        event=event,
        kind=kind,
        holder=holder,
        address=address,
        begin=local(begin, zone(name)),
        end=local(end, zone(name)),
        zone=name,
        place=place,
        order=order,
        reference=reference,
        code=signed or f"{order}-{identifier}",
        note="To be paid at the entrance." if status == PLACED else "",
        after_order=plain_lines(message),
        is_test=is_test,
    )
