"""Creating an order: reserves the tickets of a basket for the buyer, who then names the attendees and pays.

The buyer is the account that asks, or somebody without one (guest checkout) who gives a name and an address.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from chalicelib import db, signals
from chalicelib.auth import tokens
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.auth.viewer import Viewer
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import Problem, Problems, forbidden, invalid
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import detail_answer
from chalicelib.jsonapi.http.limited import demand
from chalicelib.jsonapi.http.rendering import with_secret
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.insert import insert
from chalicelib.limits.declared import CODES, GUEST_ORDERS_BY_EVENT, GUESTS
from chalicelib.resources.orders.basket.amounts_json import tax_as_json
from chalicelib.resources.orders.basket.basket import Basket, basket_of
from chalicelib.resources.orders.basket.basket_request import (
    BasketRequest,
    RequestedBuyer,
    names_buyer,
    parse_basket_request,
)
from chalicelib.resources.orders.basket.bought_before import first_of
from chalicelib.resources.orders.basket.held_by_one import held_by_guest, held_by_one, source_of
from chalicelib.resources.orders.order.places import reserve_seats
from chalicelib.resources.orders.order.reservations import reserved_until
from chalicelib.resources.orders.order.states import INITIALIZING
from chalicelib.resources.orders.order.table import BILLED, Order
from chalicelib.resources.orders.payment.modes import FREE_OF_CHARGE
from chalicelib.settings import settings
from chalicelib.values.accepted_languages import accepted_language
from chalicelib.values.messages import MAILS, language_of

# A longer wait for row locks is answered 503, and the client retries.
_PATIENCE: Final = "SELECT set_config('lock_timeout', '3s', true)"


@action("POST", "/v1/orders/create-order", lenient=True, limited_by=(*CODES, *GUESTS))
@documented(
    who="whoever is signed in, and everybody who says who buys",
    open=True,
    request={
        "tickets": [{"id": 1, "quantity": 1, "price": 123.5}],
        "discount-code": "FRIENDS",
        "access-code": "FRIENDS",
        "discount-verify": False,
        "buyer": {"name": "Ada Lovelace", "email": "ada@example.org"},
        "waiting-list-offer": None,
    },
    optional=(
        "access-code",
        "buyer",
        "discount-code",
        "discount-verify",
        "price",
        "quantity",
        "waiting-list-offer",
    ),
    credential="",  # the example is that of a buyer without an account
    one="order",
    meta={"access_token": "LINK_TOKEN", "expires-in": 3600},
    errors=(400, 401, 403, 404, 409, 413, 422, 503),
)
def create_order(context: Context) -> Answer:
    """Reserve tickets: the body of calculate-amount -> the order, initializing, with one attendee per seat.

    The event's team may set the `amount`. Without a token, `buyer` says who buys: then `meta` has a token for
    this order alone, and its link is mailed to the address. Mails about it to addresses without an account
    are in the language of Accept-Language, if there are texts in it. `waiting-list-offer` is the secret of a
    mailed link, or for an account the id of its waiting-list-entry: the order gets the places that are held
    for that, exactly these, and is held at least as long. Raises Problem 400, 401, 403 (codes
    unverified-user: free tickets are for verified accounts, guest-checkout-off: this event sells to accounts
    alone, and offer-of-another: the offer was made to another address), 404, 409 (sold out), 422, and 503
    when too many others want the same tickets.
    """
    _demand_buyer(context)
    requested = parse_basket_request(context.request)
    if requested.offer is not None:
        from chalicelib.actions.proven_address import proven_by_offer  # lazy: few orders have an offer

        context = proven_by_offer(context, requested.offer)
    guest = requested.buyer
    order = place_order(context, requested, at_once=context.request.parameter("include") is not None)
    orders = context.registry["order"]
    if guest is None:
        return detail_answer(context, orders, str(order.id))
    from chalicelib.resources.orders.order import links  # lazy: an account needs no link

    signals.emit(context.session, "order.link_wanted", id=order.id)
    opens = links.rows_of(order.id, order.event_id)
    holder = context.acting_as(Viewer(opens=opens, proofs=context.viewer.proofs))
    meta = {"access_token": tokens.link_token(opens, 0), "expires-in": links.TOKEN_SECONDS}
    return with_secret(detail_answer(holder, orders, str(order.id)), meta)


def place_order(
    context: Context,
    requested: BasketRequest,
    *,
    at_once: bool,
    invites_until: datetime | None = None,
    added_to: Order | None = None,
) -> Order:
    """The order for this basket, initializing, with one attendee per seat. Raises Problem as create_order().

    The attendees are sent with the commit, or `at_once` if they are needed before. With `invites_until` the
    event's team invites the buyer, who has no account here: the places are held until then. It may be
    `added_to` another order, which is locked: who has bought that, and where the bill goes, is known.
    """
    guest = requested.buyer
    if guest is not None and context.viewer.id is not None and invites_until is None:
        raise invalid("Whoever is signed in is the buyer.", "/buyer")
    if not requested.tickets:
        raise invalid("There must be at least one ticket.", "/tickets")
    db.enqueue(context.session, _PATIENCE)
    ids = [ticket.id for ticket in requested.tickets]
    reserved = held_by_one(context, ids) if guest is None else held_by_guest(context, guest.email, ids)
    claimed = None
    if requested.offer is not None:
        from chalicelib.resources.orders.waiting_list_entry.claiming import claim  # lazy: few have an offer

        claimed = claim(context, requested)
    offered = frozenset[int]() if claimed is None else frozenset({claimed.ticket_id})
    basket = basket_of(context, requested, replenish=True, offered=offered)
    basket.sale.demand_account(is_guest=guest is not None, pointer="/buyer", is_offered=claimed is not None)
    if basket.sold_out:
        raise Problems(basket.sold_out)
    _demand_its_event(context, basket.sale.event_id, added_to, is_invitation=invites_until is not None)
    if claimed is None:
        reserved.demand_room(basket)
    amount, tax = _amount(context, basket, requested, added_to)
    if guest is None:
        _demand_verified(context, amount)
    elif invites_until is None and claimed is None:
        demand(context, GUEST_ORDERS_BY_EVENT.counter(f"event {basket.sale.event_id}"))
    order = _stored(context, basket, (amount, tax), guest, invites_until, added_to)
    if claimed is not None:
        order.expires_at = max(order.expires_at or claimed.until, claimed.until)
        claimed.note(context.session, basket.sale.order_id, context.viewer.id)
    reserve_seats(context.session, basket, at_once=at_once)
    payload = {"expires_at": order.expires_at, "viewer_id": context.viewer.id}
    signals.emit(context.session, "order.created", id=order.id, **payload)
    return order


def _demand_buyer(context: Context) -> None:
    """Raise Problem 401 for somebody without an account who does not say who buys."""
    if context.viewer.id is None and not names_buyer(context.request):
        context.demand_account()


def _demand_its_event(
    context: Context, event_id: int, added_to: Order | None, *, is_invitation: bool
) -> None:
    """Raise Problem 422 for an order of another event than the one it is added to, 403 for an invitation by
    somebody who is not of the event's team.
    """
    if added_to is not None and added_to.event_id != event_id:
        raise invalid("The tickets of linked orders belong to one event.", "/tickets")
    if is_invitation and not context.viewer.has_role(COORGANIZERS, event_id):
        raise forbidden("Only the event's team invites.", "/buyer")


def _demand_verified(context: Context, amount: Decimal) -> None:
    if amount == 0 and not context.viewer.is_verified and not settings().unverified_order_free:
        raise Problem(403, "Verify your e-mail address first.", code="unverified-user")


def _amount(
    context: Context, basket: Basket, requested: BasketRequest, added_to: Order | None
) -> tuple[Decimal, dict[str, Any] | None]:
    """The amount and its tax: none where the team sets it, by whom the first order is billed to where it is
    added to that.
    """
    if requested.amount is not None and context.viewer.has_role(COORGANIZERS, basket.sale.event_id):
        # An amount set by the team is not taxed by the rules of the basket.
        is_total = requested.amount == basket.amounts.total
        return requested.amount, tax_as_json(basket.amounts) if is_total else None
    if added_to is not None:
        from chalicelib.resources.orders.order import taxes  # lazy: payments, which no first order has

        return taxes.of_basket(context, added_to, basket)
    return basket.amounts.total, tax_as_json(basket.amounts)


def _stored(
    context: Context,
    basket: Basket,
    costs: tuple[Decimal, dict[str, Any] | None],
    guest: RequestedBuyer | None,
    invites_until: datetime | None,
    added_to: Order | None,
) -> Order:
    amount, tax = costs
    known = {name: getattr(added_to, name) for name in BILLED} if added_to is not None else {}
    minutes = basket.sale.hold_minutes
    until = reserved_until(minutes if guest is None else min(minutes, settings().guest_hold_minutes))
    order = Order(
        event_id=basket.sale.event_id,
        user_id=context.viewer.id if guest is None else None,
        profile_id=context.viewer.profile_id if guest is None else None,
        is_invitation=invites_until is not None,
        amount=amount,
        currency=basket.sale.currency,
        tax=tax,
        status=INITIALIZING,
        payment_mode=None if amount else FREE_OF_CHARGE,
        expires_at=invites_until or until,
        guest_name=guest and guest.name,
        guest_email=guest and guest.email,
        guest_verified_at=added_to and added_to.guest_verified_at,
        mail_language=_language(context, is_invitation=invites_until is not None),
        guest_source=source_of(context) if guest is not None and invites_until is None else None,
        discount_code_id=basket.discount.id if basket.discount else None,
        access_code_id=basket.access.id if basket.access and basket.unlocked_ticket_ids else None,
        added_to_id=first_of(added_to) if added_to is not None else None,
        **known,
    )
    insert(context.session, order, basket.sale.order_id)
    return order


def _language(context: Context, *, is_invitation: bool) -> str | None:
    """What whoever orders accepts; for somebody who is invited, what whoever invites has chosen."""
    if is_invitation:
        from chalicelib.tasks.mail_languages import preference_of  # lazy: the outbox, and few are invited

        return language_of(preference_of(context.session, context.viewer.id), MAILS)
    return accepted_language(context.request.headers.get("accept-language"), MAILS)
