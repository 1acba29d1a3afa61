"""Beginning of an exchange: an order of its own for the new ticket, which names the old one as its credit.

It is completed at once where nothing is to be paid; else it waits for the difference, as any order for its
payment, and the old ticket stays as it is until then.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chalicelib import clock, db, signals
from chalicelib.db_errors import constraint
from chalicelib.jsonapi.ground.errors import Problem, Problems, conflict, forbidden
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.write.insert import insert
from chalicelib.jsonapi.write.room import demand_room
from chalicelib.resources.admin.activity import Activity
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.forms.custom_form.answers import questions
from chalicelib.resources.forms.custom_form.custom_form import CustomForm
from chalicelib.resources.forms.custom_form.well_known import snake
from chalicelib.resources.orders.attendee import changing, own_words
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.attendee.excused import excused
from chalicelib.resources.orders.attendee.holder import forget, loaded, personal
from chalicelib.resources.orders.attendee.rules import answer_what_is_asked
from chalicelib.resources.orders.basket.bought_before import first_of
from chalicelib.resources.orders.order import effects, states
from chalicelib.resources.orders.order.places import reserve_seats
from chalicelib.resources.orders.order.reservations import EXCHANGED_FOR, reserved_until
from chalicelib.resources.orders.order.table import BILLED, Order
from chalicelib.resources.orders.payment import exchanging
from chalicelib.resources.orders.payment.exchange_quoting import Exchange
from chalicelib.resources.orders.payment.ledger import follow, payments_of, remainder
from chalicelib.resources.orders.payment.modes import DIRECT, FREE_OF_CHARGE, PAYMENT_MODES
from chalicelib.resources.orders.ticket_exchange import TicketExchange
from chalicelib.resources.people.user.user import User
from chalicelib.resources.tickets.stock import FASTER, TOO_MANY
from chalicelib.resources.tickets.ticket import Ticket

_ANSWERS: Final = "complex_field_values"
_BUYER: Final = (
    "user_id", "profile_id", "guest_name", "guest_email", "guest_verified_at", "mail_language",
)  # fmt: skip


def begin(
    context: Context,
    order: Order,
    attendee: Attendee,
    exchange: Exchange,
    sent: Mapping[str, Any],
) -> TicketExchange:
    """The exchange as it was quoted; order and attendee are locked. `sent` are answers that are said anew.

    Raises Problem 409 where somebody was faster, and Problems 422 for answers that are wrong or missing.
    """
    session, quote = context.session, exchange.quote
    is_buyers = attendee.transferred_at is None
    try:
        bought = _order_for(context, order, attendee, exchange)
        reserve_seats(session, exchange.basket, at_once=True, is_held=not exchange.is_swap)
        db.flush_queue(session)
        swap = TicketExchange(
            currency=quote.currency,
            credit_minor=quote.credit,
            is_by_buyer=is_buyers,
            attendee_id=attendee.id,
            order_id=order.id,
            new_order_id=bought.id,
            event_id=order.event_id,
            asked_by_id=context.viewer.id,
        )
        session.add(swap)
        _name(context, attendee, bought.id, sent, by_team=exchange.by_team)
        if quote.due and exchange.by_team:
            _wait_for_organizer(context, bought)
        elif quote.due:
            payload = {"expires_at": bought.expires_at, "viewer_id": context.viewer.id}
            signals.emit(session, "order.created", id=bought.id, **payload)
        else:
            _complete(context, bought)
    except DBAPIError as refusal:
        if constraint(refusal) != TOO_MANY:
            raise
        raise conflict(FASTER, "/ticket") from None
    if exchange.by_team:
        action = f"attendee {attendee.id} of order {order.id} was exchanged by the team: order {bought.id}"
        session.add(Activity(actor=f"user {context.viewer.id}", action=action))
    if bought.guest_email is not None:
        signals.emit(session, "order.link_wanted", id=bought.id)
    return swap


def _whose(context: Context, order: Order, attendee: Attendee, *, by_team: bool) -> dict[str, Any]:
    """Whose the new order is: the buyer's, or whoever's it is since it was passed on, perhaps a guest's."""
    if attendee.transferred_at is None:
        return {name: getattr(order, name) for name in (*_BUYER, *BILLED)} | {"added_to_id": first_of(order)}
    if not by_team:
        return {"user_id": context.viewer.id, "profile_id": context.viewer.profile_id}
    same = func.lower(User.email) == (attendee.email or "").lower()
    which = select(User.id).where(same, User.is_verified, User.deleted_at.is_(None))
    account_id = context.session.scalars(which).one_or_none()
    if account_id is not None:
        return {"user_id": account_id}
    named = " ".join(part for part in (attendee.firstname, attendee.lastname) if part)
    return {
        "guest_name": named or attendee.email,
        "guest_email": attendee.email,
        "guest_verified_at": attendee.transferred_at,  # by the link of the offer
    }


def _wait_for_organizer(context: Context, bought: Order) -> None:
    """The difference is paid to the organizer, who completes the order then.

    Raises Problem 409 where the event takes no such payment.
    """
    session, event = context.session, context.session.get_one(Event, bought.event_id)
    modes = [name for name in DIRECT if getattr(event, PAYMENT_MODES[name].switch)]
    if not modes:
        reason = "The event takes no payment to the organizer: whoever pays the difference exchanges it."
        raise conflict(reason, "/ticket")
    bought.payment_mode, bought.status = modes[0], states.PENDING
    bought.expires_at = clock.now() + EXCHANGED_FOR
    session.flush()
    effects.emit_state(session, bought, states.INITIALIZING, context.viewer.id)


def _order_for(context: Context, order: Order, attendee: Attendee, exchange: Exchange) -> Order:
    basket, quote = exchange.basket, exchange.quote
    bought = Order(
        **_whose(context, order, attendee, by_team=exchange.by_team),
        event_id=basket.sale.event_id,
        amount=exchange.price,
        currency=basket.sale.currency or quote.currency,
        tax=exchange.tax,
        status=states.INITIALIZING,
        payment_mode=None if quote.due else FREE_OF_CHARGE,
        expires_at=reserved_until(basket.sale.hold_minutes),
        credit_minor=quote.credit,
        discount_code_id=basket.discount.id if basket.discount else None,
        access_code_id=basket.access.id if basket.access and basket.unlocked_ticket_ids else None,
    )
    insert(context.session, bought, basket.sale.order_id)
    return bought


def _name(
    context: Context, former: Attendee, order_id: int, sent: Mapping[str, Any], *, by_team: bool
) -> None:
    """Who came by the old ticket comes by the new one, with the same answers, and those that are `sent`: what
    was answered before is changed by the event's rules for that alone. The team says nothing otherwise, and
    need not know what the new ticket asks.
    """
    session, nouns = context.session, context.registry["attendee"]
    comes: Any = session.scalars(select(Attendee).where(Attendee.order_id == order_id)).one()
    try:
        values = loaded(nouns, sent)
        with session.no_autoflush:
            for name in personal(nouns).values():
                column = nouns.attributes[name].column
                setattr(comes, column, getattr(former, column))
            if comes.event_id != former.event_id:
                _forget_what_is_not_asked(session, nouns, comes)
            comes.email, comes.answered_at = former.email, former.answered_at
            change = Change(comes, sent=values)
            for name, value in values.items():
                column = nouns.attributes[name].column
                is_answers = column == _ANSWERS and isinstance(value, dict)
                setattr(
                    comes, column, {**(comes.complex_field_values or {}), **value} if is_answers else value
                )
            change.record()
            given = [name for name, value in change.before.items() if _is_said_otherwise(comes, name, value)]
            if given and by_team:
                raise forbidden("Only the buyer says who comes.", own_words.pointer_to(given))
            if given and own_words.are_theirs_alone(context.viewer, former.answered_at, former.email):
                raise own_words.refusal(given)
            if given:
                changing.demand_changeable(context, change, given)
            answer_what_is_asked(
                context, comes, change, may_miss=lambda: by_team or comes.id in excused(session, order_id)
            )
            demand_room(nouns, change)
    except (Problem, Problems) as refusal:
        for problem in refusal.problems if isinstance(refusal, Problems) else [refusal]:
            problem.pointer = (problem.pointer or "").removeprefix("/data")
        raise
    session.flush()


def _forget_what_is_not_asked(session: Session, nouns: Resource, comes: Any) -> None:
    """The team of another event gets to know a name, and answers to questions of its own."""
    form_id = select(Ticket.form_id).where(Ticket.id == comes.ticket_id).scalar_subquery()
    which = func.coalesce(CustomForm.form_id, "") == func.coalesce(form_id, "")
    fields = questions(session, "attendee", comes.event_id, which)
    asked_names = {snake(field.field_identifier) for field in fields}
    for name in personal(nouns).values():
        column = nouns.attributes[name].column
        if column not in {*asked_names, _ANSWERS, "firstname", "lastname"}:
            forget(comes, [column])
    known = comes.complex_field_values or {}
    comes.complex_field_values = {key: known[key] for key in known if key in asked_names} or None


def _is_said_otherwise(comes: Any, name: str, former: Any) -> bool:
    """Whether something was answered before, and is another answer now."""
    if name == _ANSWERS:
        now = comes.complex_field_values or {}
        return any(
            answer not in (None, "") and now.get(key) != answer for key, answer in (former or {}).items()
        )
    return former not in (None, "", False)


def _complete(context: Context, bought: Order) -> None:
    session = context.session
    exchanging.finish(session, bought)
    payment = max(payments_of(session, bought.id), key=remainder, default=None)
    if payment is not None:
        follow(bought, payment)
    else:
        bought.payment_mode = bought.paid_via = FREE_OF_CHARGE
    bought.status, bought.completed_at, bought.expires_at = states.COMPLETED, clock.now(), None
    session.flush()
    effects.emit_state(session, bought, states.INITIALIZING, context.viewer.id)
