"""The links that are mailed to those who wait: they verify the address, show the place, leave and decline."""

from typing import Final

from chalicelib import clock, db
from chalicelib.actions.account_requests import link_of
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, not_found
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.ground.sql import Row, text_of
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import TOKEN_GUESSES
from chalicelib.resources.orders.waiting_list_entry import joining, line
from chalicelib.resources.orders.waiting_list_entry.waiting_list_entry import (
    DECLINED,
    LAPSED,
    LEFT,
    OFFERED,
    WaitingListEntry,
    place,
)

_STATE_OF: Final = f"""
SELECT json_build_object(
  'state', $2::text, 'quantity', entry.quantity, 'takes-fewer', entry.takes_fewer,
  'place', {text_of(place(Row("entry")))},
  'tickets', coalesce((
    SELECT json_agg(json_build_object('id', kind.id, 'name', kind.name) ORDER BY kind.position, kind.id)
    FROM waiting_list_entries_tickets link JOIN tickets kind ON kind.id = link.ticket_id
    WHERE link.waiting_list_entry_id = entry.id AND kind.deleted_at IS NULL
  ), '[]'),
  'offer', CASE WHEN $2::text = '{OFFERED}' THEN json_build_object(
    'ticket', ticket.id, 'name', ticket.name, 'price', coalesce(ticket.price, 0),
    'currency', event.payment_currency, 'quantity', entry.offered_quantity,
    'expires-at', entry.expires_at,
    'needs-account', entry.user_id IS NULL AND NOT event.is_guest_checkout_enabled) END,
  'event', json_build_object('identifier', event.identifier, 'name', event.name,
    'starts-at', event.starts_at, 'ends-at', event.ends_at, 'timezone', event.timezone)
)
FROM waiting_list_entries entry
JOIN events event ON event.id = entry.event_id
LEFT JOIN tickets ticket ON ticket.id = entry.offered_ticket_id
WHERE entry.id = $1
"""  # noqa: S608 - no user input
_EVENT: Final = {
    "identifier": "a1b2c3d4",
    "name": "Compiler Days",
    "starts-at": "2031-05-01T09:00:00+00:00",
    "ends-at": "2031-05-02T18:00:00+00:00",
    "timezone": "Europe/Berlin",
}
_WAITS: Final = {
    "state": "waiting",
    "quantity": 2,
    "takes-fewer": False,
    "place": 3,
    "tickets": [{"id": 1, "name": "Regular"}],
    "offer": None,
    "event": _EVENT,
}
_IS_OFFERED: Final = {
    **_WAITS,
    "state": "offered",
    "place": None,
    "offer": {
        "ticket": 1,
        "name": "Regular",
        "price": 50.0,
        "currency": "EUR",
        "quantity": 2,
        "expires-at": "2031-04-08T09:00:00+00:00",
        "needs-account": False,
    },
}
_MAY_BE_NULL: Final = ("place", "offer", "currency")
_LINK: Final = "whoever has a link from a mail about it"
_TOKEN: Final = {"data": {"token": "LINK_KEY"}}


@action("POST", "/v1/waiting-list-entries/show", reads_token=False, limited_by=(TOKEN_GUESSES,))
@documented(
    who=_LINK,
    open=True,
    request=_TOKEN,
    response=_IS_OFFERED,
    optional_in_response=_MAY_BE_NULL,
    errors=(400, 404, 413),
)
def show_waiting_list_entry(context: Context) -> Answer:
    """{data: {token}} with what follows #key= in a mailed link -> the state, the place in line, and what is
    offered until when.
    """
    return _answer(context, _entry(context))


@action("POST", "/v1/waiting-list-entries/confirm", reads_token=False, limited_by=(TOKEN_GUESSES,))
@documented(
    who=_LINK,
    open=True,
    request=_TOKEN,
    response=_WAITS,
    optional_in_response=_MAY_BE_NULL,
    errors=(400, 404, 409, 413, 503),
)
def confirm_waiting_list_entry(context: Context) -> Answer:
    """{data: {token}} -> the address is verified: whoever has joined is in line from now on.

    The same as showing it where it was verified before. 409 where the entry has ended.
    """
    entry = line.locked(context.session, _entry(context).id)
    line.demand_active(entry)
    joining.verify(context.session, entry)
    return _answer(context, entry)


@action("POST", "/v1/waiting-list-entries/leave", reads_token=False, limited_by=(TOKEN_GUESSES,))
@documented(
    who=_LINK, open=True, request=_TOKEN, response={"state": "left"}, errors=(400, 404, 409, 413, 503)
)
def leave_by_link(context: Context) -> Answer:
    """{data: {token}} -> waits no more; an offer is declined by it. 409 where the entry has ended."""
    entry = line.locked(context.session, _entry(context).id)
    line.demand_active(entry)
    line.end(context.session, entry, DECLINED if entry.state == OFFERED else LEFT)
    return plain({"state": entry.state})


@action("POST", "/v1/waiting-list-entries/decline", reads_token=False, limited_by=(TOKEN_GUESSES,))
@documented(
    who=_LINK, open=True, request=_TOKEN, response={"state": "declined"}, errors=(400, 404, 409, 413, 503)
)
def decline_offer(context: Context) -> Answer:
    """{data: {token}} -> the offer is declined, and goes to who is next. 409 where there is none any more."""
    entry = line.locked(context.session, _entry(context).id)
    line.demand_active(entry)
    if entry.state != OFFERED:
        raise conflict("Nothing is offered yet.", "/data")
    line.end(context.session, entry, DECLINED)
    return plain({"state": entry.state})


def _answer(context: Context, entry: WaitingListEntry) -> Answer:
    state = LAPSED if line.is_lapsed(entry, clock.now()) else entry.state
    context.session.flush()
    return plain(db.fetch(context.session, _STATE_OF, [entry.id, state])[0][0])


def _entry(context: Context) -> WaitingListEntry:
    """The entry of the link whose secret is sent. Raises Problem 400, 404, and 422 for an unknown member."""
    secret, _ = link_of(context)
    entry = line.entry_of(context.session, secret)
    if entry is None:
        raise not_found("This link is unknown, or was mailed again.", "/data/token")
    return entry
