"""Group orders: buyers have attendees fill in their own forms, and attendees do, by the link of a mail."""

from typing import Any, Final

from chalicelib import db
from chalicelib.actions.account_requests import attributes_in, link_of
from chalicelib.actions.link_pages import EVENT, EVENT_EXAMPLE, QUESTIONS
from chalicelib.actions.plain_object import members_of, object_of
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
from chalicelib.limits.declared import (
    FORM_REQUEST_AGAIN,
    FORM_REQUESTS,
    FORM_REQUESTS_BY_RECIPIENT,
    TOKEN_GUESSES,
)
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.attendee import asking, holder
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.form_request import FormRequest
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.value_fields import EmailAddress
from chalicelib.values import addresses

_PAGE: Final = f"""
SELECT json_build_object(
  'ticket', coalesce(line.name, ticket.name),
  'asked-by', coalesce(nullif(concat_ws(' ', buyer.first_name, buyer.last_name), ''), buyer.public_name,
    bought.guest_name),
  'event', {EVENT},
  'questions', {QUESTIONS}
)
FROM attendees person
JOIN tickets ticket ON ticket.id = person.ticket_id
JOIN orders bought ON bought.id = person.order_id
JOIN events event ON event.id = person.event_id
LEFT JOIN users buyer ON buyer.id = bought.user_id
LEFT JOIN orders_tickets line ON line.order_id = bought.id AND line.ticket_id = ticket.id
WHERE person.id = $1
"""  # noqa: S608 - no user input
_PAGE_EXAMPLE: Final[dict[str, Any]] = {
    "state": "asked",
    "email": "grace@example.org",
    "note": "See you there",
    "ends-at": "2031-05-01T09:00:00+00:00",
    "refusal": None,
    "ticket": "Regular",
    "asked-by": "Ada Lovelace",
    "event": EVENT_EXAMPLE,
    "questions": [],
    "attributes": {"firstname": "Grace"},
}
_LINK: Final = "whoever has the link from the mail"
_SIDES: Final = "the buyer, and owner, organizers and coorganizers of the event"


class _RequestSchema(Schema):
    email = EmailAddress(required=True)
    note = fields.Line(allow_none=True)


class _AgainSchema(Schema):
    email = EmailAddress()


@action(
    "POST", "/v1/attendees/{attendee}/form-request", limited_by=(FORM_REQUESTS, FORM_REQUESTS_BY_RECIPIENT)
)
@documented(
    who="the buyer, until the ticket was passed on",
    request={"email": "grace@example.org", "note": "See you there"},
    optional=("note",),
    one="form-request",
    errors=(400, 401, 403, 404, 409, 413, 422, 429, 503),
)
def ask_attendee(context: Context, attendee: str) -> Answer:
    """{email, note} -> the form-request: the attendee fills in the event's form themselves, by a mailed link.

    The order is placed or completed without their answers then, and the link is mailed as soon as it is. 409
    where the event does not allow it (is-group-order-enabled), where it is too late, or they were asked.
    """
    context.demand_identity()
    row = visible(context, "attendee", attendee, "attendee.order_id")
    if row.value is None:
        raise conflict("This ticket belongs to no order yet.", "/data")
    values: dict[str, Any] = object_of(
        context,
        _RequestSchema,
        otherwise="A request is an object.",
        members="A request has an email and a note.",
    )
    order, buys = locked_for_buyer(context, row.value)
    person = context.session.get_one(Attendee, row.id, with_for_update=True, populate_existing=True)
    if not buys or person.transferred_at is not None:
        raise forbidden("The buyer asks attendees, as long as the ticket was not passed on.")
    made = asking.ask(context, order, person, addresses.stored_form(values["email"]), values.get("note"))
    return detail_answer(context, context.registry["form-request"], str(made.id))


@action(
    "POST",
    "/v1/form-requests/{request}/resend",
    limited_by=(FORM_REQUESTS, FORM_REQUESTS_BY_RECIPIENT, FORM_REQUEST_AGAIN),
)
@documented(
    who=_SIDES,
    request={"email": "hopper@example.org"},
    optional=("email",),
    one="form-request",
    errors=(400, 401, 403, 404, 409, 413, 422, 429, 503),
)
def resend_form_request(context: Context, request: str) -> Answer:
    """{email} -> the link is mailed again, to another address if one is said; former links open nothing.

    409 once the form was filled in, or cannot be any more. Before the order is placed nothing is mailed yet.
    """
    order, wanted = _locked(context, request)
    if context.request.body.strip():
        sent: dict[str, Any] = object_of(
            context, _AgainSchema, otherwise="The body is an object.", members="There is an email alone."
        )
    else:
        sent = members_of(context, (), may_be_empty=True)
    email = addresses.stored_form(sent["email"]) if "email" in sent else None
    asking.ask_again(context.session, order, wanted, email)
    return detail_answer(context, context.registry["form-request"], str(wanted.id))


@action("POST", "/v1/form-requests/{request}/withdraw")
@documented(who=_SIDES, path={"request": "99"}, one="form-request", errors=(401, 403, 404, 409, 503))
def withdraw_form_request(context: Context, request: str) -> Answer:
    """The attendee is asked no more, and their link opens nothing; 409 once the form was filled in.

    An order that is not placed yet needs their answers then, or another request.
    """
    _, wanted = _locked(context, request)
    asking.withdraw(context.session, wanted)
    return detail_answer(context, context.registry["form-request"], str(wanted.id))


@action("POST", "/v1/form-requests/show", reads_token=False, limited_by=(TOKEN_GUESSES,))
@documented(
    who=_LINK,
    open=True,
    request={"data": {"token": "LINK_KEY"}},
    response=_PAGE_EXAMPLE,
    errors=(400, 404, 413),
)
def show_form_request(context: Context) -> Answer:
    """{data: {token}} with what follows #key= in the mailed link -> the ticket, who asks, until when, the
    questions of the event's form, and what is said already (`attributes`).

    `refusal` says why the form cannot be filled in by now, or is null. The buyer gets to know the names and
    the address that are said here, and none of the other answers.
    """
    wanted = _of_link(context, link_of(context)[0])
    session = context.session
    person = session.get_one(Attendee, wanted.attendee_id)
    event = session.get_one(Event, wanted.event_id)
    order = session.get_one(Order, wanted.order_id)
    refusal = asking.refusal(session, order, person, event, wanted)
    page = db.fetch(session, _PAGE, [person.id])[0][0]
    about = {
        "state": wanted.state,
        "email": wanted.email,
        "note": wanted.note,
        "ends-at": asking.ends_at(event).isoformat(),
        "refusal": refusal,
    }
    attributes = {} if refusal else holder.said(context.registry["attendee"], person)
    return plain({**about, **page, "attributes": attributes})


@action("POST", "/v1/form-requests/fill-in", reads_token=False, limited_by=(TOKEN_GUESSES,))
@documented(
    who=_LINK,
    open=True,
    request={"data": {"token": "LINK_KEY", "attributes": {"firstname": "Grace", "lastname": "Hopper"}}},
    response={"state": "answered", "attendee": "1"},
    errors=(400, 404, 409, 413, 422, 503),
)
def fill_in_form(context: Context) -> Answer:
    """{data: {token, attributes}} -> the form is filled in: `attributes` are those of an attendee, by which
    the event's form is answered (422 where it is not); those that are not sent stay.

    The first time the ticket is mailed to the address that was asked. It can be repeated until the end of
    this (`ends-at`), after which it is 409, as where the request was withdrawn or the ticket is gone.
    """
    secret, sent = link_of(context, "attributes")
    attributes = attributes_in(sent)
    order, wanted = asking.lock(context.session, _of_link(context, secret))
    attendee, _ = asking.fill_in(context, order, wanted, attributes)
    return plain({"state": wanted.state, "attendee": str(attendee.id)})


def _locked(context: Context, request: str) -> tuple[Order, FormRequest]:
    """The order and the request, locked. Raises Problem 401, 404, and 403 for who is of neither side."""
    context.demand_identity()
    row = visible(context, "form-request", request, "form_request.order_id", roles=COORGANIZERS)
    _, buys = locked_for_buyer(context, row.value)
    if not (buys or row.has_role):
        raise forbidden("The buyer and the event's team ask attendees.")
    return asking.lock(context.session, context.session.get_one(FormRequest, row.id))


def _of_link(context: Context, secret: str) -> FormRequest:
    """The request of the link with this secret. Raises Problem 404."""
    wanted = asking.request_of(context.session, secret)
    if wanted is None:
        raise not_found("This link is unknown, or was mailed again since.", "/data/token")
    return wanted
