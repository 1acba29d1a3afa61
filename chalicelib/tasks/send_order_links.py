"""Mails the link of an order that was bought without an account: once it is there, and when it is asked for.

The secret is generated with the mail (resources/orders/order/links.py), so no message contains it.
"""

from sqlalchemy.orm import Session

from chalicelib import log, outbox, signals
from chalicelib.limits.declared import (
    GUEST_ORDERS,
    GUEST_ORDERS_BY_EVENT,
    GUEST_ORDERS_BY_SOURCE,
    INVITATIONS_BY_RECIPIENT,
    INVITATIONS_TO_ONE,
    LINK_MAILS,
    LINK_MAILS_BY_SOURCE,
    TICKET_INVITATIONS,
)
from chalicelib.resources.orders.order import links
from chalicelib.resources.orders.order.states import EXPIRED
from chalicelib.tasks import order_mails
from chalicelib.tasks.order_summary import load_order_summary
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_and_log import send_and_log

NAME = "send_order_link"
OF_ADDRESS = "send_order_links"
_KIND = "order_link"
_MAILED = (
    *(GUEST_ORDERS, GUEST_ORDERS_BY_SOURCE, GUEST_ORDERS_BY_EVENT, LINK_MAILS, LINK_MAILS_BY_SOURCE),
    *(TICKET_INVITATIONS, INVITATIONS_TO_ONE, INVITATIONS_BY_RECIPIENT),
)


@task(NAME, limited_by=_MAILED)
def send_order_link(session: Session, order_id: int) -> None:
    """Email a link to the address of the order. Nothing when it has expired, or belongs to an account now."""
    summary = load_order_summary(session, order_id)
    buyer = summary.buyer
    if buyer is None or buyer.user_id is not None or summary.order.status == EXPIRED:
        log.info("nobody needs a link of this order any more", order_id=order_id)
        return
    address = order_mails.address_for_buyer(session, summary)
    send_and_log(session, _KIND, order_mails.of_link(summary, buyer, address), event_id=summary.event.id)


@task(OF_ADDRESS, limited_by=(LINK_MAILS, LINK_MAILS_BY_SOURCE))
def send_order_links(session: Session, email: str) -> None:
    """Enqueue an email with a link for each of the newest orders of this address, if there are any."""
    for order_id in links.orders_of(session, email):
        outbox.add(session, NAME, {"order_id": order_id})


@signals.on("order.link_wanted")
def _it_is_ordered(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"order_id": id}, key=f"{NAME}-{id}-first")


@signals.on("order.links_requested")
def _they_are_lost(session: Session, *, email: str, **_payload: object) -> None:
    outbox.add(session, OF_ADDRESS, {"email": email})
