"""The SQL statement that loads everything needed to validate a basket."""

from functools import lru_cache
from typing import Final

from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.sql import Row, Statement, all_of, render, sql, text_of
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.jsonapi.rights.visibility import visible_where
from chalicelib.limits import lookups
from chalicelib.resources.events.event.selling import SELLS_TO
from chalicelib.resources.tickets.code_rules import same_code
from chalicelib.resources.tickets.fee_rule import fee_for


def _code(table: str, links: str, column: str, values: str, where: str, text: str) -> str:
    """SQL: a LATERAL join with the event's code, as JSON, and the ids of its tickets.

    Codes are matched by text. Of equal access codes the latest counts, as in the lookup action. Clients may
    send the id of a code instead: it stands for the text, if the viewer knows that (`_text`).
    """
    return f"""
    LEFT JOIN LATERAL (
      SELECT code.id, json_build_object(
        'id', code.id, 'code', code.code, 'is_active', code.is_active,
        'valid_from', code.valid_from, 'valid_till', coalesce(code.valid_till, event.ends_at),
        'min_quantity', code.min_quantity, 'max_quantity', code.max_quantity,
        'left', (SELECT stock.capacity - stock.taken FROM stocks stock WHERE stock.{column} = code.id),
        {values}) AS told,
        ARRAY(SELECT link.ticket_id FROM {links} link WHERE link.{column} = code.id) AS tickets
      FROM {table} code
      WHERE code.event_id = event.id AND code.deleted_at IS NULL AND {where}
      AND {text_of(same_code(Row("code"), text))}
      ORDER BY code.id DESC LIMIT 1
    ) {column} ON true
    """  # noqa: S608 - no user input


def _text(table: str, text: str, id: str, keys: str, column: str) -> str:
    """SQL: the text of the code that is meant, for its text or its id.

    Of a code's id the viewer must have known the text that it has now: they have looked it up
    (limits/lookups.py), ordered with it, or belong to the event's team.
    """
    known = lookups.is_remembered(f"{keys}::text[]", "lower(known.code)", "$2::timestamptz")
    return f"""coalesce((
      SELECT known.code FROM {table} known WHERE known.id = {id}::bigint AND (
        {known}
        OR EXISTS (SELECT FROM orders mine WHERE mine.{column} = known.id AND mine.user_id = $9::bigint
          AND mine.created_at > coalesce(known.text_since, '-infinity'))
        OR $10::boolean OR known.event_id = ANY ($11::bigint[])
      )
    ), {text}::text)"""  # noqa: S608 - no user input


_DISCOUNT: Final = _code(
    "discount_codes",
    "discount_codes_tickets",
    "discount_code_id",
    "'type', code.type, 'value', code.value::text",
    "code.used_for = 'ticket'",
    _text("discount_codes", "$3", "$5", "$6", "discount_code_id"),
)
_ACCESS: Final = _code(
    "access_codes",
    "access_codes_tickets",
    "access_code_id",
    "'type', 'access', 'value', '0'",
    "true",
    _text("access_codes", "$4", "$7", "$8", "access_code_id"),
)

_OFFERS: Final = f"""
    SELECT ticket.id, ticket.name, ticket.type, ticket.price, ticket.min_price, ticket.max_price,
      ticket.min_order, ticket.max_order, ticket.sales_starts_at, ticket.sales_ends_at, ticket.is_hidden,
      ticket.is_fee_absorbed, own.capacity - own.taken - own.reserved, ticket.pool_id,
      pool.capacity - pool.taken - pool.reserved,
      coalesce(ticket.id = ANY (discount_code_id.tickets), false),
      coalesce(ticket.id = ANY (access_code_id.tickets), false), ticket.tax_rate,
      event.id, event.ends_at < $2,
      coalesce((SELECT order_expiry_time FROM settings ORDER BY id LIMIT 1), 15),
      EXISTS (SELECT FROM orders held WHERE held.event_id = event.id AND held.expires_at < $2),
      (SELECT nextval(pg_get_serial_sequence('orders', 'id'))), event.payment_currency,
      event.is_guest_checkout_enabled,
      tax.name, tax.rate, coalesce(tax.is_tax_included_in_price, false),
      fee.service_fee, fee.maximum_fee,
      discount_code_id.told, access_code_id.told
    FROM tickets ticket
    JOIN events event ON event.id = ticket.event_id
    LEFT JOIN stocks own ON own.ticket_id = ticket.id
    LEFT JOIN stocks pool ON pool.pool_id = ticket.pool_id
    LEFT JOIN taxes tax ON tax.event_id = event.id AND tax.deleted_at IS NULL AND event.is_tax_enabled
    LEFT JOIN LATERAL ({fee_for("event.payment_currency", "event.payment_country")}) fee ON true
    {_DISCOUNT}
    {_ACCESS}
    WHERE ticket.id = ANY ($1::bigint[]) AND ticket.deleted_at IS NULL AND """  # noqa: S608 - no user input


@lru_cache(maxsize=16)
def statement(registry: Registry, kind: Kind, proofs: frozenset[str] | None = None) -> Statement:
    """The statement, for one kind of viewer: the tickets of events that sell to them.

    With `proofs`, the kinds of secrets in the request, of events that they see as well: a ticket's id, which
    can be guessed, shows a private event to nobody without an account.
    Its first parameters are the ids of tickets, now, the text of the discount code and of the access code;
    for each of these its id and the secrets of its lookups; the viewer's id, whether they are staff, and the
    events of whose team they are.
    """
    event = Row("event")
    sells = visible_where(registry, "event", event, kind, rule=SELLS_TO)
    if proofs is not None:
        sells = all_of(sells, visible_where(registry, "event", event, kind, proofs=proofs))
    return render(sql(_OFFERS, sells), first=range(11))
