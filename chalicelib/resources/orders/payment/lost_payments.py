"""Reconciliation after a backup was restored: payments at Stripe whose rows were lost.

A payment names its order: one that is there is given the payment again, and completed by it. Where the order
is lost, too, nobody can have the tickets: what was not paid is canceled, what was is refunded when the
operator says so.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from chalicelib import clock, db, doubt, outbox, restoration
from chalicelib.http_client import Deadline
from chalicelib.resources.orders.payment import charging
from chalicelib.resources.orders.payment.payment import CANCELED, SUCCEEDED
from chalicelib.resources.orders.payment.provider import ProviderPayment, RefundIntent, Refused
from chalicelib.resources.orders.payment.reconciling import SETTLE
from chalicelib.resources.orders.payment.stripe import Stripe
from chalicelib.resources.orders.payment.stripe_keys import platform
from chalicelib.values.money import from_minor

_ACCOUNTS: Final = """
    SELECT account FROM stripe_authorizations WHERE account IS NOT NULL
    UNION SELECT account FROM payments WHERE provider = 'stripe' AND account IS NOT NULL ORDER BY 1
"""
_KNOWN: Final = """
    SELECT (SELECT id FROM payments WHERE identifier = $1), (SELECT id FROM orders WHERE identifier = $2)
"""
_BY_ID: Final = "SELECT id FROM payments WHERE provider = 'stripe' AND provider_id = ANY ($1::text[])"


def look(moment: datetime, *, refunds: bool = False) -> list[dict[str, Any]]:
    """Ask Stripe for what was paid, or went back, since the moment; what became of each lost payment.

    Idempotent. What follows is in doubt, as its mails may have been sent. Raises NoAnswer and BadAnswer.
    """
    found = list[dict[str, Any]]()
    with doubt.about(restoration.newest()):
        for stripe, account in _places():
            try:
                for seen in list(stripe.made_since(moment, account)):
                    found += _found(stripe, account, seen, refunds=refunds)
                _ask_about(stripe.refunded_since(moment, account))
            except Refused as refusal:
                found.append({"account": account, "what": f"could not be asked: {refusal}"})
    return found


def _places() -> Iterator[tuple[Stripe, str]]:
    """Each account, as the platform with its live and with its test keys."""
    with db.transaction(only_reads=True) as session:
        accounts = [account for (account,) in db.fetch(session, _ACCOUNTS)]
        platforms = {platform(session), platform(session, is_test=True)} - {None}
    for chosen in platforms:
        for account in accounts:
            yield chosen.stripe, account  # type: ignore[union-attr]


def _found(stripe: Stripe, account: str, seen: ProviderPayment, *, refunds: bool) -> list[dict[str, Any]]:
    if not seen.reference:  # not made here
        return []
    with db.transaction(only_reads=True) as session:
        payment_id, order_id = db.fetch(session, _KNOWN, [seen.reference, seen.order])[0]
    if payment_id is not None:
        _settle_later([payment_id])
        return []
    about = {
        "account": account,
        "payment": seen.id,
        "order": seen.order or None,
        "amount": f"{from_minor(seen.amount - seen.refunded, seen.currency)} {seen.currency}",
    }
    if order_id is None:
        return [{**about, "what": _end(stripe, account, seen, refunds=refunds)}]
    is_adopted = charging.adopt(order_id, seen, account)
    what = "stored again" if is_adopted else "its order is being paid otherwise: ask again in some minutes"
    return [{**about, "what": what}]


def _end(stripe: Stripe, account: str, seen: ProviderPayment, *, refunds: bool) -> str:
    """What becomes of a payment whose order is lost."""
    left = seen.amount - seen.refunded
    if seen.state == CANCELED or not left:
        return "nothing is owed"
    if seen.state != SUCCEEDED:
        return f"its order is lost: {stripe.cancel(seen.id, account, Deadline()).state}"
    if not refunds:
        return "its order is lost: say --refund to give the money back"
    intent = RefundIntent(
        reference=f"restored-{seen.reference}",
        payment=seen.id,
        account=account,
        amount=left,
        currency=seen.currency,
        has_fee=seen.has_fee,
        fee=0,
        transaction=None,
    )
    return f"its order is lost: refunded ({stripe.refund(intent, Deadline()).state})"


def _ask_about(provider_ids: set[str]) -> None:
    with db.transaction(only_reads=True) as session:
        known = [id for (id,) in db.fetch(session, _BY_ID, [sorted(provider_ids)])]
    _settle_later(known)


def _settle_later(payment_ids: list[int]) -> None:
    minute = int(clock.now().timestamp()) // 60
    with db.transaction() as session:
        for id in payment_ids:
            outbox.add(session, SETTLE, {"payment_id": id}, key=f"{SETTLE}-{id}-looked-{minute}")
