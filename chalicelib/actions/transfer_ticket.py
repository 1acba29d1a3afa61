"""Passing tickets on: offering one, taking the offer back, and the link's two answers."""

from typing import Any, Final

from chalicelib import clock, db
from chalicelib.actions.account_requests import attributes_in, link_of
from chalicelib.actions.link_pages import EVENT, EVENT_EXAMPLE, QUESTIONS
from chalicelib.actions.plain_object import object_of
from chalicelib.actions.refund_order import locked_for_buyer
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, forbidden, not_found
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import detail_answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, fields
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.limits.declared import TICKET_TRANSFERS, TOKEN_GUESSES, TRANSFERS_BY_RECIPIENT
from chalicelib.resources.orders.attendee import holding, transferring
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.ticket_transfer import DECLINED, EXPIRED, OFFERED, WITHDRAWN, TicketTransfer
from chalicelib.resources.value_fields import EmailAddress
from chalicelib.values import addresses

_OFFER: Final = f"""
SELECT json_build_object(
  'state', $2::text,
  'email', offer.email, 'from-name', offer.from_name, 'note', offer.note, 'expires-at', offer.expires_at,
  'ticket', coalesce(line.name, ticket.name), 'price', coalesce(line.price, ticket.price, 0),
  'currency', coalesce(bought.currency, event.payment_currency),
  'event', {EVENT},
  'questions', {QUESTIONS}
)
FROM ticket_transfers offer
JOIN attendees person ON person.id = offer.attendee_id
JOIN tickets ticket ON ticket.id = person.ticket_id
JOIN orders bought ON bought.id = offer.order_id
JOIN events event ON event.id = offer.event_id
LEFT JOIN orders_tickets line ON line.order_id = bought.id AND line.ticket_id = ticket.id
WHERE offer.id = $1
"""  # noqa: S608 - no user input
_OFFERED_TICKET: Final = {
    "state": "offered",
    "email": "grace@example.org",
    "from-name": "Ada Lovelace",
    "note": "I am ill",
    "expires-at": "2031-04-08T09:00:00+00:00",
    "ticket": "Regular",
    "price": 50.0,
    "currency": "EUR",
    "event": EVENT_EXAMPLE,
    "questions": [],
}
_WHOSE: Final = (
    "json_build_array(ticket_transfer.offered_by_id, ticket_transfer.is_by_buyer, ticket_transfer.order_id)"
)
_LINK: Final = "whoever has the link from the mail"
_TOKEN: Final = {"data": {"token": "LINK_KEY"}}


class _OfferSchema(Schema):
    email = EmailAddress(required=True)
    note = fields.Line(allow_none=True)


@action("POST", "/v1/attendees/{attendee}/transfer", limited_by=(TICKET_TRANSFERS, TRANSFERS_BY_RECIPIENT))
@documented(
    who="the buyer, until the ticket was passed on; then the attendee who holds it",
    request={"email": "grace@example.org", "note": "I am ill"},
    optional=("note",),
    one="ticket-transfer",
    errors=(400, 401, 403, 404, 409, 413, 422, 429, 503),
)
def transfer_ticket(context: Context, attendee: str) -> Answer:
    """{email, note} -> the ticket-transfer: an offer, which is mailed to the address with a link.

    The ticket stays as it is until it is accepted, at most for seven days. 409 where the event, or this kind
    of ticket, does not allow it, or not any more; where it is not paid, used, cancelled, or offered already.
    """
    context.demand_identity()
    row = visible(context, "attendee", attendee, "attendee.order_id")
    if row.value is None:
        raise conflict("This ticket belongs to no order yet.", "/data")
    values: dict[str, Any] = object_of(
        context,
        _OfferSchema,
        otherwise="An offer is an object.",
        members="An offer has an email and a note.",
    )
    order, buys = locked_for_buyer(context, row.value)
    person = context.session.get_one(Attendee, row.id, with_for_update=True, populate_existing=True)
    if not holding.may_give_away(context.viewer, person, buys=buys):
        raise forbidden("A ticket is passed on by its buyer, and later by whoever holds it.")
    email = addresses.stored_form(values["email"])
    made = transferring.offer(context, order, person, email, values.get("note"), is_by_buyer=buys)
    return detail_answer(context, context.registry["ticket-transfer"], str(made.id))


@action("POST", "/v1/ticket-transfers/{transfer}/withdraw")
@documented(
    who="whoever has offered it, and owner, organizers and coorganizers of the event",
    one="ticket-transfer",
    errors=(401, 403, 404, 409, 503),
)
def withdraw_ticket_transfer(context: Context, transfer: str) -> Answer:
    """The offer is taken back, which it can be until it is answered (409); its link accepts nothing then."""
    context.demand_identity()
    row = visible(context, "ticket-transfer", transfer, _WHOSE, roles=COORGANIZERS)
    offered_by, is_by_buyer, order_id = row.value
    _, buys = locked_for_buyer(context, order_id)
    is_theirs = (buys and is_by_buyer) or (context.viewer.id is not None and context.viewer.id == offered_by)
    if not (is_theirs or row.has_role):
        raise forbidden("Who has offered a ticket takes the offer back.")
    _, offer = transferring.lock(context.session, context.session.get_one(TicketTransfer, row.id))
    transferring.demand_open(offer)
    transferring.answer(context.session, offer, WITHDRAWN, context.viewer.id)
    return detail_answer(context, context.registry["ticket-transfer"], str(offer.id))


@action("POST", "/v1/ticket-transfers/show", reads_token=False, limited_by=(TOKEN_GUESSES,))
@documented(who=_LINK, open=True, request=_TOKEN, response=_OFFERED_TICKET, errors=(400, 404, 413))
def show_ticket_transfer(context: Context) -> Answer:
    """{data: {token}} with what follows #key= in the mailed link -> what is offered: the ticket, its price as
    it was sold, until when, and the questions that the event asks whoever gets it.
    """
    offer = _offered(context, link_of(context)[0])
    is_over = offer.state == OFFERED and offer.expires_at <= clock.now()
    return plain(db.fetch(context.session, _OFFER, [offer.id, EXPIRED if is_over else offer.state])[0][0])


@action("POST", "/v1/ticket-transfers/accept", reads_token=False, limited_by=(TOKEN_GUESSES,))
@documented(
    who=_LINK,
    open=True,
    request={"data": {"token": "LINK_KEY", "attributes": {"firstname": "Grace", "lastname": "Hopper"}}},
    response={"state": "accepted", "attendee": "1"},
    errors=(400, 404, 409, 413, 422, 503),
)
def accept_ticket_transfer(context: Context) -> Answer:
    """{data: {token, attributes}} -> the ticket is whose address it was offered to: `attributes` are those of
    an attendee, by which the event's form is answered (422 where it is not).

    It gets a new code, which is mailed; the former one admits nobody. An account with that address, once it
    is verified, sees the ticket. 409 where the offer has ended, or the ticket cannot be passed on any more.
    """
    secret, sent = link_of(context, "attributes")
    attributes = attributes_in(sent)
    order, offer = transferring.lock(context.session, _offered(context, secret))
    attendee = transferring.accept(context, order, offer, attributes)
    return plain({"state": offer.state, "attendee": str(attendee.id)})


@action("POST", "/v1/ticket-transfers/decline", reads_token=False, limited_by=(TOKEN_GUESSES,))
@documented(
    who=_LINK, open=True, request=_TOKEN, response={"state": "declined"}, errors=(400, 404, 409, 413, 503)
)
def decline_ticket_transfer(context: Context) -> Answer:
    """{data: {token}} -> the offer is declined, and the ticket stays whose it was. 409 where it has ended."""
    _, offer = transferring.lock(context.session, _offered(context, link_of(context)[0]))
    transferring.demand_open(offer)
    transferring.answer(context.session, offer, DECLINED, None)
    return plain({"state": offer.state})


def _offered(context: Context, secret: str) -> TicketTransfer:
    """The offer of the link with this secret. Raises Problem 404."""
    offer = transferring.offer_of(context.session, secret)
    if offer is None:
        raise not_found("This link is unknown, or its offer was mailed again.", "/data/token")
    return offer
