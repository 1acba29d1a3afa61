"""Rules of an event for sold tickets: what buyers and holders may change, exchange, and until when.

A mixin of the table of events. All is off unless the event's team says otherwise: docs/after-purchase.md.
"""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Mapped

from chalicelib.jsonapi.model.fields import attr
from chalicelib.resources.columns import FalseInDatabase

# Tickets are not exchanged, for another kind of the same event, or for another event of its owner too.
OFF, KINDS, DATES = "off", "kinds", "dates"
EXCHANGES: Final = (OFF, KINDS, DATES)
# Of a cheaper ticket the difference is kept, goes back by the refund rule, or all of it; or there is none.
REFUSED, KEPT, BY_RULE, REFUNDED = "refused", "kept", "by-rule", "refunded"
DIFFERENCES: Final = (REFUSED, KEPT, BY_RULE, REFUNDED)


class HasRulesAfterPurchase:
    """Mixin for events. Moments that are null: until the event begins."""

    # Whether buyers and holders change names and answers after the purchase.
    is_attendee_change_enabled: Mapped[FalseInDatabase] = attr(sort_order=90)
    attendee_change_ends_at: Mapped[datetime | None] = attr(sort_order=90)
    # For what tickets are exchanged, and what becomes of the difference where the new one costs less.
    ticket_exchange: Mapped[str] = attr(choices=EXCHANGES, default=OFF, server_default=OFF, sort_order=90)
    ticket_exchange_ends_at: Mapped[datetime | None] = attr(sort_order=90)
    cheaper_exchange: Mapped[str] = attr(
        choices=DIFFERENCES, default=REFUSED, server_default=REFUSED, sort_order=90
    )
