"""The kinds of notifications, as staff switches them."""

from typing import Final

KINDS: Final = (
    "event_role",
    "monthly_payment",
    "new_session",
    "review_assigned",
    "schedule_change",
    "session_state_change",
    "ticket_cancelled",
    "ticket_cancelled_organizer",
    "ticket_purchased",
    "ticket_purchased_attendee",
    "ticket_purchased_organizer",
    "ticket_transfer",
)
