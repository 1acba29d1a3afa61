"""Tickets, codes, orders and attendees, the forms that they fill in, and invoices to organizers."""

from typing import Final

from chalicelib.moving_in import finishing, values
from chalicelib.moving_in.tables import Beside, Linked, Moved, rename, share, trash

# The currency that an amount is rounded by.
_EVENT: Final = Beside(
    "_event",
    "event_id",
    "SELECT id, row_to_json(e)::text FROM (SELECT id, payment_currency FROM events) e WHERE id = ANY($1)",
)
_ORDER: Final = Beside(
    "_order", "order_id", "SELECT id, row_to_json(o)::text FROM orders o WHERE id = ANY($1)", ("orders",)
)
_LINES: Final = """(
SELECT line.*, sold.name, event.payment_currency FROM orders_tickets line
LEFT JOIN tickets sold ON sold.id = line.ticket_id LEFT JOIN orders bought ON bought.id = line.order_id
LEFT JOIN events event ON event.id = bought.event_id)"""

TABLES: Final = (
    Moved(
        "tickets",
        "tickets",
        beside=(_EVENT,),
        # People hold tickets of both: neither stays behind.
        duplicates={"uq_tickets_name": rename("name")},
        grows="quantity",
    ),
    Moved("tags", "tags", duplicates={"uq_tags_name": share}),
    Moved("ticket_tag", "ticket_tags", duplicates={"uq_ticket_tags_name": share}),
    Linked(
        "ticket_tagging", "ticket_tags_tickets", {"ticket_tag_id": "ticket_tag_id", "ticket_id": "ticket_id"}
    ),
    Moved(
        "discount_codes",
        "discount_codes",
        beside=(_EVENT,),
        duplicates={"uq_discount_codes_code": trash},
        grows="tickets_number",
    ),
    Moved(
        "access_codes",
        "access_codes",
        values={"valid_from": values.first_of("valid_from", "created_at")},
        grows="tickets_number",
    ),
    Linked(
        "discount_codes_tickets",
        "discount_codes_tickets",
        {"discount_code_id": "discount_code_id", "ticket_id": "ticket_id"},
    ),
    Linked(
        "access_codes_tickets",
        "access_codes_tickets",
        {"access_code_id": "access_code_id", "ticket_id": "ticket_id"},
    ),
    Linked(
        "discount codes of events",
        "discount_codes_events",
        {"discount_code_id": "discount_code_id", "event_id": "event_id"},
        query="(SELECT discount_code_id, id AS event_id FROM events WHERE discount_code_id IS NOT NULL)",
        needs=("discount_codes",),
    ),
    Moved(
        "event_invoices",
        "event_invoices",
        # The document of an invoice is for the organizer alone, and printed by what serves it.
        columns={"invoice_pdf_url": ""},
    ),
    Moved(
        "orders",
        "orders",
        # Tickets are printed when they are fetched, for those who may have them.
        columns={"tickets_pdf_url": "", "payment_url": ""},
        values={
            "status": values.order_status,
            "expires_at": values.reservation_end,
            "payment_mode": values.payment_mode,
            "transaction_id": values.first_of("transaction_id", "stripe_payment_intent_id"),
            "currency": values.currency_of_event,
        },
        beside=(_EVENT,),
        after=finishing.record_payments,
    ),
    Linked(
        "orders_tickets",
        "orders_tickets",
        {"order_id": "order_id", "ticket_id": "ticket_id"},
        query=_LINES,
        values={"quantity": values.quantity_sold, "price": values.price_sold, "name": values.name_sold},
        needs=("orders", "tickets"),
    ),
    Moved(
        "ticket_holders",
        "attendees",
        columns={"pdf_url": ""},
        values={
            "identifier": values.identifier_or_id,
            "firstname": values.shortened("firstname", 200),
            "lastname": values.shortened("lastname", 200),
            "email": values.shortened("email", 254),
            "deleted_at": values.seat_released_at,
            "discount_code_id": values.code_of_order("discount_code_id", "is_discount_applied"),
            "access_code_id": values.code_of_order("access_code_id", "is_access_code_applied"),
        },
        beside=(_ORDER,),
    ),
    Moved("custom_forms", "custom_forms", duplicates={"uq_custom_forms_field": share}),
    Moved("custom_form_options", "custom_form_options"),
    Moved("custom_form_translates", "custom_form_translates"),
)
