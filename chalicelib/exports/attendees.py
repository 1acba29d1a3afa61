"""The exported list of an event's attendees, with what each has paid.

What was paid for an order is shared by its tickets as a refund would share it (payment/shares.py): by the
prices as sold, less the discount where it applied, with tax; rounded so that the shares add up.
"""

from typing import Final

from chalicelib.exports.columns import IDS, ZONE, Column, Kind, attribute, column, money, yes_or_no
from chalicelib.exports.export import Export, event_of, of_event
from chalicelib.exports.orders import UNFINISHED, billing, number_of
from chalicelib.jsonapi.ground.sql import sql
from chalicelib.resources.orders.payment.shares import OFF, PRICE
from chalicelib.values.money import SMALLEST_UNIT

_WHOLE: Final = "(1 + coalesce(line.tax_rate, (sold.tax ->> 'percent')::numeric, 0) / 100)"
_INCLUDED: Final = "coalesce((sold.tax ->> 'included')::boolean, FALSE)"
_TAXED: Final = f"""CASE
  WHEN (sold.tax ->> 'reverse_charge')::boolean THEN CASE WHEN {_INCLUDED} THEN 1 / {_WHOLE} ELSE 1 END
  WHEN {_INCLUDED} THEN 1 ELSE {_WHOLE} END"""
_GIVEN_BACK: Final = """(EXISTS (SELECT FROM refunds given WHERE given.order_id = person.order_id
    AND given.state <> 'failed' AND given.attendee_ids @> to_jsonb(person.id))
  OR EXISTS (SELECT FROM ticket_cancellations ended WHERE ended.attendee_id = person.id))"""
# What the tickets of the batch's orders cost, as weights: `units` is the order's amount in coins.
_WEIGHED: Final = f"""SELECT person.id, person.order_id, coined.unit, sold.amount / coined.unit AS units,
    ({PRICE} - {OFF}) * ({_TAXED}) AS weight
  FROM attendees person JOIN orders sold ON sold.id = person.order_id
  CROSS JOIN LATERAL (SELECT CASE sold.currency {SMALLEST_UNIT} AS unit) coined
  JOIN tickets ticket ON ticket.id = person.ticket_id
  LEFT JOIN orders_tickets line ON line.order_id = person.order_id AND line.ticket_id = person.ticket_id
  LEFT JOIN discount_codes code ON code.id = person.discount_code_id
  WHERE person.order_id IN (SELECT meant.order_id FROM attendees meant WHERE meant.id = ANY("""  # noqa: S608
_WEIGHED_END: Final = f")) AND (person.deleted_at IS NULL OR {_GIVEN_BACK})"
# The share of each in the amount of its order, rounded by the largest remainder method. By id in one object:
# as it refers to no row it is made once, however the rows are joined.
_SHARES: Final = sql(
    """(SELECT jsonb_object_agg(id, (coins + (nth <= over)::int) * unit) FROM (
    SELECT id, coins, unit, row_number() OVER (PARTITION BY order_id ORDER BY part - coins DESC, id) AS nth,
      round(units - sum(coins) OVER (PARTITION BY order_id)) AS over
    FROM (SELECT id, order_id, unit, units, part, floor(part) AS coins FROM (
      SELECT id, order_id, unit, units,
        units * CASE WHEN total = 0 THEN 1.0 / seats ELSE weight / total END AS part
      FROM (SELECT weighed.*, sum(weight) OVER (PARTITION BY order_id) AS total,
        count(*) OVER (PARTITION BY order_id) AS seats FROM (""",
    *(_WEIGHED, IDS, _WEIGHED_END),
    ") weighed) summed) parted) floored) rounded)",
)
_PAID: Final = sql("json_build_array(coalesce(", _SHARES, " ->> t.id::text, '0'), bought.currency)")
_VIRTUAL: Final = sql(
    "(SELECT string_agg(to_char(stay.check_in_at AT TIME ZONE ",
    *(ZONE, ", 'YYYY-MM-DD HH24:MI:SS'), '; ' ORDER BY stay.check_in_at, stay.id) "),
    "FROM virtual_check_ins stay WHERE stay.ticket_holder_id = t.id AND stay.check_in_type = 'event')",
)

ATTENDEES: Final = Export(
    "attendees",
    "attendee",
    event_of,
    of_event(),
    columns=(
        column("order-number", "Order#", number_of("bought")),
        column("order-date", "Order Date", "bought.created_at", Kind.LONG_MOMENT),
        attribute("order", "Status", "status", alias="bought"),
        column("payment-type", "Payment Type", "bought.paid_via", Kind.TEXT, ("order", "bought", "paid_via")),
        attribute("order", "Payment Mode", "payment_mode", alias="bought"),
        column("ticket-id", "Ticket ID", "bought.identifier || '-' || t.identifier"),
        column("ticket-name", "Ticket Name", "coalesce(line.name, ticket.name)"),
        column("ticket-price", "Ticket Price", money(PRICE, "bought.currency"), Kind.MONEY),
        column("ticket-type", "Ticket Type", "ticket.type"),
        *billing("bought"),
        attribute("attendee", "Email", "email"),
        Column("virtual-event-checkin-times", "virtual_event_checkin_times", _VIRTUAL),
        column("first-name", "First Name", "t.firstname", unless="firstname"),
        column("last-name", "Last Name", "t.lastname", unless="lastname"),
        Column("price-paid", "Price Paid", _PAID, Kind.MONEY),
        column("currency", "Currency", "bought.currency"),
        column("discount-code", "Discount Code", "discount.code"),
        column("access-code", "Access Code", "access.code"),
        column("checked-in", "Checked In", yes_or_no("t.is_checked_in")),
        column("order-reference", "Order Reference", "bought.reference", default=False),
        attribute("attendee", "Notes", "attendee_notes", Kind.MARKUP, default=False),
        column("test", "Test", yes_or_no("bought.is_test"), default=False),
    ),
    listed=(
        "order-number", "first-name", "last-name", "email", "ticket-name", "price-paid", "status",
        "checked-in",
    ),
    order="bought.created_at DESC, bought.id DESC",
    base="JOIN orders bought ON bought.id = t.order_id",
    joins=(
        "JOIN tickets ticket ON ticket.id = t.ticket_id "
        "LEFT JOIN orders_tickets line ON line.order_id = bought.id AND line.ticket_id = ticket.id "
        "LEFT JOIN discount_codes discount ON discount.id = t.discount_code_id "
        "LEFT JOIN access_codes access ON access.id = t.access_code_id"
    ),
    known="event",
    form="attendee",
    answers_after="email",
    hidden=f"bought.status NOT IN {UNFINISHED}",
    hidden_by=("order", "status"),
)  # fmt: skip
