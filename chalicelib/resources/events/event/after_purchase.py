"""What an event allows with tickets that are sold, and while none are left: a mixin for the event."""

from datetime import datetime

from sqlalchemy.orm import Mapped

from chalicelib.jsonapi.model.fields import attr
from chalicelib.resources.columns import FalseInDatabase


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
