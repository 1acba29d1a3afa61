"""Sales statistics of an event: orders, tickets and revenue by day, week or month."""

import re
from datetime import date
from typing import Final

from chalicelib import clock
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import bad_parameter
from chalicelib.jsonapi.ground.request import Answer, json_text
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.order.statistics import COUNTED, SOLD, moved_of
from chalicelib.values.zones import zone_sql

_MOST_PERIODS: Final = 400  # more than a year of days
# Default range: this many periods before the last one.
_USUALLY: Final = {"day": 29, "week": 11, "month": 11}
_STATES: Final = (states.COMPLETED, states.PLACED)
_DAY: Final = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}")

_OF_STATES: Final = ", ".join(
    f"'{state}', json_build_object('orders', coalesce(sold.{state}_orders, 0), "
    f"'tickets', coalesce(sold.{state}_tickets, 0), 'sales', coalesce(sold.{state}_sales, 0))"
    for state in _STATES
)
_SUMS: Final = ", ".join(
    f"count(*) FILTER (WHERE each.status = '{state}') AS {state}_orders, "
    f"sum(each.tickets) FILTER (WHERE each.status = '{state}') AS {state}_tickets, "
    f"sum(each.amount) FILTER (WHERE each.status = '{state}') AS {state}_sales"
    for state in _STATES
)
# $4 day, week or month; $5 and $6 the first and last day, or null; $7 now; $8 from _USUALLY. Days are in the
# event's time zone. Null for too many periods, or none.
_TOLD: Final = f"""(
  SELECT CASE WHEN span.first <= span.last AND span.last < span.first + {_MOST_PERIODS} * span.step THEN
    json_build_object('currency', event.payment_currency, 'timezone', event.timezone, 'by', $4::text,
      'periods', (
        SELECT json_agg(json_build_object('period', slot.begins::date, {_OF_STATES}) ORDER BY slot.begins)
        FROM generate_series(span.first, span.last, span.step) slot (begins)
        LEFT JOIN (
          SELECT each.begins, {_SUMS} FROM (
            SELECT date_trunc($4::text, placed.created_at AT TIME ZONE span.zone) AS begins,
              placed.status, {SOLD} AS amount, count(person.id) AS tickets
            FROM orders placed {moved_of("event.id")}
            LEFT JOIN attendees person ON person.order_id = placed.id AND person.deleted_at IS NULL
            WHERE placed.event_id = event.id AND placed.status IN {states.listed(_STATES)} AND {COUNTED}
            AND placed.created_at >= span.first AT TIME ZONE span.zone
            AND placed.created_at < (span.last + span.step) AT TIME ZONE span.zone
            GROUP BY placed.id, moved.amount
          ) each GROUP BY each.begins
        ) sold ON sold.begins = slot.begins
      )
    )::text END
  FROM (
    SELECT ends.last, ends.step, ends.zone,
      coalesce(date_trunc($4::text, $5::date::timestamp), ends.last - $8::int * ends.step) AS first
    FROM (
      SELECT date_trunc($4::text, coalesce($6::date::timestamp, $7::timestamptz AT TIME ZONE known.zone))
        AS last, ('1 ' || $4::text)::interval AS step, known.zone
      FROM (SELECT {zone_sql("event.timezone")} AS zone OFFSET 0) known
    ) ends
  ) span
)"""  # noqa: S608 - no user input

_SOLD: Final = {"orders": 2, "tickets": 3, "sales": 61.5}


@action("GET", "/v1/events/{id}/sales-over-time", query=("by", "from", "to"))
@documented(
    who="owner, organizers and coorganizers of the event",
    response={
        "currency": "EUR",
        "timezone": "Europe/Berlin",
        "by": "day",
        "periods": [{"period": "2031-05-03", "completed": _SOLD, "placed": {**_SOLD, "orders": 0}}],
    },
    optional_in_response=("currency",),
    errors=(400, 401, 403, 404),
)
def show_sales_over_time(context: Context, id: str) -> Answer:
    """{currency, timezone, by, periods: [{period, completed: {orders, tickets, sales}, placed: the same}]}.

    Query parameters: `by` is day (the default), week or month; `from` and `to` are days (YYYY-MM-DD) in the
    event's time zone. The answer has whole periods, from the one with the day `from` to the one with the day
    `to`, each named by its first day (of a week: Monday), those without sales too. `to` defaults to today;
    `from` to 30 days, 12 weeks or 12 months before. There are 400 at most. An order counts at the time it was
    made, with its current state, its amount, and its tickets that are in use. Raises Problem 400, 401, 403,
    404.
    """
    by = context.request.parameter("by") or "day"
    if by not in _USUALLY:
        raise bad_parameter("by", "by is day, week or month.")
    first, last = day_parameter(context, "from"), day_parameter(context, "to")
    if first is not None and last is not None and last < first:
        raise bad_parameter("to", "to is before from.")
    values = [by, first, last, clock.now(), _USUALLY[by]]
    text = visible_to_team(context, "event", id, _TOLD, values, roles=COORGANIZERS).value
    if text is None:
        raise bad_parameter(
            "from", f"From there on it would be no {by}, or more than {_MOST_PERIODS} of them."
        )
    return json_text(text)


def day_parameter(context: Context, name: str) -> date | None:
    """The day in this query parameter (YYYY-MM-DD), if it is there. Raises Problem 400."""
    value = context.request.parameter(name)
    if value is None:
        return None
    try:
        day = date.fromisoformat(value) if _DAY.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None:
        raise bad_parameter(name, f"{name} is a day such as 2031-05-03.")
    return day
