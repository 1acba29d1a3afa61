"""Payment providers (strategy pattern): how a payment begins, and when it counts as made.

Orders depend on PaymentProvider only: another provider is added to PROVIDERS, and its modes work wherever
orders are paid.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

from chalicelib.jsonapi.ground.errors import forbidden, invalid
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.payment.modes import DIRECT, FREE_OF_CHARGE, ONLINE

_MODE: Final = "/data/attributes/payment-mode"
_STATUS: Final = "/data/attributes/status"


@dataclass(frozen=True, slots=True)
class Bill:
    """What is to be paid for an order.

    amount          in the event's `currency` (ISO 4217; None where the event has none)
    mode            how it is to be paid, one of modes.NAMES; None while nobody has said
    accepted        whether the event takes this mode
    confirmed       whether the event's team, or staff, says that the money is there
    transaction_id  what a provider has noted about this payment
    """

    amount: Decimal
    currency: str | None
    mode: str | None
    accepted: bool
    confirmed: bool
    transaction_id: str | None


class PaymentProvider(Protocol):
    """Handles payments of some modes. Every method may raise Problem, which ends the request."""

    @property
    def modes(self) -> frozenset[str]:
        """The payment modes it handles."""

    def begin(self, bill: Bill) -> str:
        """Begin the payment; returns the state of the order while it is pending.

        "completed" if nothing is pending. Raises Problem 422 when it cannot be paid in this mode.
        """

    def prove(self, bill: Bill) -> None:
        """Check that the payment was received. Raises Problem 403 or 422 with the reason."""


class FreeOfCharge:
    """Orders without an amount."""

    modes = frozenset({FREE_OF_CHARGE})

    def begin(self, bill: Bill) -> str:
        """Completed at once. Raises Problem 422 for an order with an amount."""
        self.prove(bill)
        return states.COMPLETED

    def prove(self, bill: Bill) -> None:
        """Raises Problem 422 if there is an amount."""
        if bill.amount > 0:
            raise invalid("This order costs something: say how it is paid.", _MODE)


class PaidToOrganizer:
    """The buyer pays the organizer directly, who confirms the payment."""

    modes = frozenset(DIRECT)

    def begin(self, bill: Bill) -> str:
        """The order is placed, and stays so until it is paid or cancelled."""
        _demand_accepted(bill)
        return states.PLACED

    def prove(self, bill: Bill) -> None:
        """The organizer's confirmation, if anything is owed."""
        if bill.amount > 0 and not bill.confirmed:
            raise forbidden(
                "An order is completed when it is paid, and the organizer says when it is.", _STATUS
            )


class PaidOnline:
    """Online payment: the order is pending until its provider has confirmed the payment (settling.py)."""

    modes = frozenset(ONLINE)

    def begin(self, bill: Bill) -> str:
        """The order is pending until its reservation expires."""
        _demand_accepted(bill)
        return states.PENDING

    def prove(self, bill: Bill) -> None:
        """Only a transaction that the provider has confirmed counts."""
        if bill.transaction_id is None:
            reason = (
                f"There is no payment by {bill.mode} for this order: its provider confirms one, nobody else."
            )
            raise invalid(reason, _STATUS)
        if not bill.confirmed:
            raise forbidden(
                "An order that was paid online is completed by its provider or the organizer.", _STATUS
            )


PROVIDERS: Final[tuple[PaymentProvider, ...]] = (FreeOfCharge(), PaidToOrganizer(), PaidOnline())
_BY_MODE: Final = {mode: provider for provider in PROVIDERS for mode in provider.modes}


def provider_of(bill: Bill) -> PaymentProvider:
    """The provider of the bill's mode; free of charge while no mode is chosen."""
    return _BY_MODE[bill.mode or FREE_OF_CHARGE]


def _demand_accepted(bill: Bill) -> None:
    if not bill.accepted:
        raise invalid(f"The event takes no payment by {bill.mode}.", _MODE)
