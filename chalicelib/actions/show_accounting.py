"""Accounting report of an event: payments, refunds, fees, invoices and credit notes, summed or one by one."""

from typing import Any, Final

from chalicelib.actions.show_sales_over_time import day_parameter
from chalicelib.auth.roles import ORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.exports.cells import defused
from chalicelib.exports.csv_file import MEDIA_TYPE, rendered
from chalicelib.jsonapi.ground.errors import bad_parameter
from chalicelib.jsonapi.ground.request import Answer, content_disposition, json_text
from chalicelib.jsonapi.ground.sql import Row, text_of
from chalicelib.jsonapi.http import delivery
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.resources.orders.credit_note import SERIES
from chalicelib.resources.orders.payment.invoice import number_sql
from chalicelib.values.money import SMALLEST_UNIT
from chalicelib.values.zones import zone_sql

_MOST_ENTRIES: Final = 10_000
_HEAD: Final = (
    "Time", "Kind", "Number", "Order", "Buyer", "Provider", "Currency", "Amount", "Fee", "State", "Reason"
)  # fmt: skip
# Papers count for the provider of the order's payment; what was never paid for is "unpaid".
_PROVIDER: Final = """coalesce((SELECT of_order.provider FROM payments of_order
  WHERE of_order.order_id = bought.id AND of_order.state = 'succeeded'
  ORDER BY of_order.amount_minor - of_order.refunded_minor DESC, of_order.id DESC LIMIT 1), 'unpaid')"""
_INVOICE_NUMBER: Final = text_of(number_sql(Row("billed")))
_NOTE_NUMBER: Final = text_of(number_sql(Row("credited"), SERIES))
_ZONE: Final = zone_sql("event.timezone")
_UNIT: Final = f"* CASE {{0}}.currency {SMALLEST_UNIT}"
# Orders of test mode are in no books.
_REAL: Final = "NOT (SELECT sold.is_test FROM orders sold WHERE sold.id = {0}.order_id)"
# Entries of the event: amounts in units of their currency; $4 and $5 are the first and last day, or null.
_ENTRIES: Final = f"""
  SELECT entry.* FROM (
    SELECT paid.paid_at AS at, 'payment' AS kind, coalesce(paid.transaction_id, paid.identifier) AS number,
      paid.order_id, paid.provider, paid.currency, paid.amount_minor {_UNIT.format("paid")} AS amount,
      paid.fee_minor {_UNIT.format("paid")} AS fee, coalesce(paid.dispute, paid.state) AS state,
      NULL AS reason
    FROM payments paid WHERE paid.event_id = event.id AND paid.state = 'succeeded' AND {_REAL.format("paid")}
    UNION ALL
    SELECT back.created_at, 'refund', coalesce(back.transaction_id, back.identifier), back.order_id,
      back.provider, back.currency, back.amount_minor {_UNIT.format("back")},
      (paid.fee_minor * back.by_then / paid.amount_minor
        - paid.fee_minor * (back.by_then - back.amount_minor) / paid.amount_minor) {_UNIT.format("back")},
      back.state, concat_ws(': ', back.reason, back.note)
    FROM (
      SELECT given.*, sum(given.amount_minor) OVER (PARTITION BY given.payment_id ORDER BY given.id)::bigint
        AS by_then
      FROM refunds given WHERE given.event_id = event.id AND given.state <> 'failed'
    ) back JOIN payments paid ON paid.id = back.payment_id
    WHERE {_REAL.format("back")}
    UNION ALL
    SELECT billed.issued_at, 'invoice', {_INVOICE_NUMBER}, bought.id,
      {_PROVIDER}, billed.content ->> 'currency', (billed.content ->> 'total')::numeric, 0, 'issued', NULL
    FROM orders bought JOIN invoices billed ON billed.order_id = bought.id
    WHERE bought.event_id = event.id AND NOT bought.is_test
    UNION ALL
    SELECT credited.issued_at, 'credit-note',
      {_NOTE_NUMBER}, bought.id, {_PROVIDER},
      credited.currency, (credited.content ->> 'total')::numeric, 0, 'issued', credited.content ->> 'reason'
    FROM credit_notes credited JOIN orders bought ON bought.id = credited.order_id
    WHERE credited.event_id = event.id AND NOT bought.is_test
  ) entry
  WHERE ($4::date IS NULL OR entry.at >= $4::date::timestamp AT TIME ZONE {_ZONE})
  AND ($5::date IS NULL OR entry.at < ($5::date + 1)::timestamp AT TIME ZONE {_ZONE})
"""  # noqa: S608 - no user input


def _sum(kind: str, column: str = "amount", more: str = "") -> str:
    return f"coalesce(sum({column}) FILTER (WHERE kind = '{kind}'{more}), 0)"


_SUMS: Final = f"""(SELECT json_build_object(
  'event', event.id, 'timezone', event.timezone, 'from', $4::date, 'to', $5::date,
  'sums', coalesce((SELECT json_agg(json_build_object(
    'currency', summed.currency, 'provider', summed.provider,
    'payments', summed.payments, 'paid', summed.paid, 'refunds', summed.refunds,
    'refunded', summed.refunded, 'under-way', summed.under_way, 'balance', summed.paid - summed.refunded,
    'fees', summed.fees, 'fees-returned', summed.returned, 'invoices', summed.invoices,
    'invoiced', summed.invoiced, 'credit-notes', summed.notes, 'credited', summed.credited
  ) ORDER BY summed.currency, summed.provider) FROM (
    SELECT currency, provider,
      count(*) FILTER (WHERE kind = 'payment') AS payments, {_sum("payment")} AS paid,
      count(*) FILTER (WHERE kind = 'refund') AS refunds, {_sum("refund")} AS refunded,
      {_sum("refund", more=" AND state <> 'succeeded'")} AS under_way,
      {_sum("payment", "fee")} AS fees, {_sum("refund", "fee")} AS returned,
      count(*) FILTER (WHERE kind = 'invoice') AS invoices, {_sum("invoice")} AS invoiced,
      count(*) FILTER (WHERE kind = 'credit-note') AS notes, {_sum("credit-note")} AS credited
    FROM ({_ENTRIES}) entry GROUP BY currency, provider
  ) summed), '[]'))::text)"""  # noqa: S608 - no user input
_ROWS: Final = f"""(SELECT coalesce(json_agg(listed.cells), '[]') FROM (
  SELECT json_build_array(
    to_char(entry.at AT TIME ZONE {_ZONE}, 'YYYY-MM-DD HH24:MI:SS'),
    entry.kind, entry.number, bought.identifier,
    coalesce(bought.company, nullif(concat_ws(' ', buyer.first_name, buyer.last_name), ''), buyer.email,
      bought.guest_name, bought.guest_email),
    entry.provider, entry.currency, entry.amount::text, entry.fee::text, entry.state, entry.reason) AS cells
  FROM ({_ENTRIES}) entry JOIN orders bought ON bought.id = entry.order_id
  LEFT JOIN users buyer ON buyer.id = bought.user_id
  ORDER BY entry.at, entry.kind DESC, entry.number LIMIT {_MOST_ENTRIES + 1}
) listed)"""  # noqa: S608 - no user input


@action("GET", "/v1/events/{id}/accounting", query=("from", "to"))
@documented(
    who="owner and organizers of the event",
    response={
        "event": 1,
        "timezone": "Europe/Berlin",
        "from": "2031-05-01",
        "to": "2031-05-31",
        "sums": [
            {
                "currency": "EUR",
                "provider": "stripe",
                "payments": 2,
                "paid": 100.0,
                "refunds": 1,
                "refunded": 37.5,
                "under-way": 0.0,
                "balance": 62.5,
                "fees": 5.0,
                "fees-returned": 1.88,
                "invoices": 2,
                "invoiced": 100.0,
                "credit-notes": 1,
                "credited": 37.5,
            }
        ],
    },
    optional_in_response=("from", "to"),
    errors=(400, 401, 403, 404),
)
def show_accounting(context: Context, id: str) -> Answer:
    """Sums by currency and provider. Query parameters: `from` and `to` are days (YYYY-MM-DD) in the event's
    time zone, both included; without them all counts.

    Payments count when they succeeded, refunds when they were made, unless they failed; `under-way` is the
    part that a provider has not confirmed yet; `balance` is paid less refunded. `fees` are the platform's,
    `fees-returned` their part of what was refunded, rounded so that the parts add up. Invoices and credit
    notes count for the provider of their order's payment (offline: paid to the organizer), or as unpaid.
    Orders of test mode are left out.
    """
    text = visible_to_team(context, "event", id, _SUMS, _days(context), roles=ORGANIZERS).value
    return json_text(text)


@action("GET", "/v1/events/{id}/accounting.csv", query=("from", "to"))
@documented(
    who="owner and organizers of the event",
    media_type=MEDIA_TYPE,
    errors=(400, 401, 403, 404),
)
def export_accounting(context: Context, id: str) -> Answer:
    """The same as a list: a line for each payment, refund, invoice and credit note, oldest first, as CSV
    (RFC 4180). Times are in the event's time zone. A cell that spreadsheets would take for a formula has an
    apostrophe in front. 400 for more than 10,000 lines: ask for fewer days.
    """
    rows = visible_to_team(context, "event", id, _ROWS, _days(context), roles=ORGANIZERS).value
    if len(rows) > _MOST_ENTRIES:
        raise bad_parameter("from", f"These are more than {_MOST_ENTRIES} lines: ask for fewer days.")
    headers = {
        "Content-Type": MEDIA_TYPE,
        "Content-Disposition": content_disposition("attachment", f"accounting-{id}.csv"),
        "Cache-Control": delivery.NEVER,
    }
    lines = [[defused(value or "") for value in row] for row in rows]
    return Answer(200, rendered([_HEAD, *lines]), headers)


def _days(context: Context) -> list[Any]:
    first, last = day_parameter(context, "from"), day_parameter(context, "to")
    if first is not None and last is not None and last < first:
        raise bad_parameter("to", "to is before from.")
    return [first, last]
