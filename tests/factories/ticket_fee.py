"""Ticket fees: what the platform takes, each for a country of its own."""

from itertools import cycle
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.tickets.ticket_fee import TicketFee
from chalicelib.values.countries import CODES

_COUNTRIES = cycle(sorted(CODES))


def attributes() -> dict[str, Any]:
    """What a client could send to create a ticket fee."""
    return {"currency": "EUR", "country": next(_COUNTRIES), "service-fee": 4.5, "maximum-fee": 30}


def make_ticket_fee(session: Session, **values: Any) -> TicketFee:
    """A fee of 4.5 percent, 30 at most."""
    sent = attributes()
    defaults = {"currency": "EUR", "country": sent["country"], "service_fee": 4.5, "maximum_fee": 30}
    fee = TicketFee(**{**defaults, **values})
    session.add(fee)
    session.flush()
    return fee
