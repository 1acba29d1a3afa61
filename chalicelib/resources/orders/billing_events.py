"""Events of providers (webhooks) about payments of organizers' invoices."""

import re
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chalicelib.resources.orders.billing_call import REFERENCE, TOKENS, Via
from chalicelib.resources.orders.event_invoice import EventInvoice
from chalicelib.resources.orders.payment.provider import WebhookEvent

_REFERENCE: Final = re.compile(rf"{REFERENCE}([1-9][0-9]{{0,17}})-[0-9a-f]+-[0-9]+")


def invoice_of(session: Session, via: Via, event: WebhookEvent) -> int | None:
    """The id of the invoice that the payment in the event was begun for; also where another payment has
    replaced it. None for an event that names no payment, or none of an invoice.
    """
    if event.payment is None:
        return None
    token = getattr(EventInvoice, TOKENS[via])
    meant = [token == event.payment]
    begun = _REFERENCE.fullmatch(event.reference or "")
    if begun is not None:
        meant.append(EventInvoice.id == int(begun[1]))
    listed = select(EventInvoice.id).where(or_(*meant)).order_by(token.is_distinct_from(event.payment))
    return session.scalar(listed.limit(1))
