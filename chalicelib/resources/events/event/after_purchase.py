"""What an event allows with tickets that are sold, and while none are left: a mixin of the table of events.

All is off unless the event's team says otherwise: docs/after-purchase.md and docs/waiting-list.md.
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


class AfterPurchase:
    """Attributes of an event. Moments that are null: until it begins."""

    # Whether attendees cancel their own ticket, which somebody else has bought.
    is_attendee_cancellation_enabled: Mapped[FalseInDatabase] = attr()
    # Whether tickets are passed on, and whether attendees fill in their own forms.
    is_ticket_transfer_enabled: Mapped[FalseInDatabase] = attr()
    ticket_transfer_ends_at: Mapped[datetime | None] = attr()
    is_group_order_enabled: Mapped[FalseInDatabase] = attr()
    attendee_form_ends_at: Mapped[datetime | None] = attr()
    is_waiting_list_enabled: Mapped[FalseInDatabase] = attr()
    # Offers are held so long; null: a day.
    waiting_list_offer_hours: Mapped[int | None] = attr(minimum=1, maximum=720, example=24)
    # Whether buyers and holders change names and answers after the purchase.
    is_attendee_change_enabled: Mapped[FalseInDatabase] = attr()
    attendee_change_ends_at: Mapped[datetime | None] = attr()
    # For what tickets are exchanged, and what becomes of the difference where the new one costs less.
    ticket_exchange: Mapped[str] = attr(choices=EXCHANGES, default=OFF, server_default=OFF)
    ticket_exchange_ends_at: Mapped[datetime | None] = attr()
    cheaper_exchange: Mapped[str] = attr(choices=DIFFERENCES, default=REFUSED, server_default=REFUSED)
