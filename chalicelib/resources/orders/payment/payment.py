"""Ways to pay for an order: how a payment by each begins, when it counts as made, and what it costs.

Orders ask a PaymentProvider and know nothing else of money: whoever connects another one adds it to
PROVIDERS, and its modes work wherever orders are paid.
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
    """What an order asks for.

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
    """Whoever handles payments by some modes. Every method may raise Problem, which ends the request."""

    @property
    def modes(self) -> frozenset[str]:
        """The payment modes it answers for."""

    def begin(self, bill: Bill) -> str:
        """Begin the payment; the state in which the order then waits for its end.

        "completed" where there is nothing to wait for. Raises Problem 422 when it cannot be paid like this.
        """

    def prove(self, bill: Bill) -> None:
        """Return if the money has come. Raises Problem 403 or 422 with the reason why that is not so."""

    def cost(self, bill: Bill) -> Decimal:
        """What it keeps of the amount, in the bill's currency."""


class FreeOfCharge:
    """Nothing is to be paid, so nothing is waited for."""

    modes = frozenset({FREE_OF_CHARGE})

    def begin(self, bill: Bill) -> str:
        """Done at once. Raises Problem 422 for an order that costs something."""
        self.prove(bill)
        return states.COMPLETED

    def prove(self, bill: Bill) -> None:
        """Nothing owed is nothing to prove."""
        if bill.amount > 0:
            raise invalid("This order costs something: say how it is paid.", _MODE)

    def cost(self, _bill: Bill) -> Decimal:
        """Nothing."""
        return Decimal(0)


class PaidToOrganiser:
    """The buyer pays the event's organiser directly, who says when the money is there."""

    modes = frozenset(DIRECT)

    def begin(self, bill: Bill) -> str:
        """The order is placed, and its tickets are the buyer's until the organiser gives up waiting."""
        _demand_accepted(bill)
        return states.PLACED

    def prove(self, bill: Bill) -> None:
        """The organiser's word is the proof, where anything is owed."""
        if bill.amount > 0 and not bill.confirmed:
            raise forbidden(
                "An order is completed when it is paid, and the organiser says when it is.", _STATUS
            )

    def cost(self, _bill: Bill) -> Decimal:
        """Nothing: it does not pass through us."""
        return Decimal(0)


class NotConnected:
    """Online payment without a connection: it can be chosen and begun elsewhere, and nothing here proves it.

    What counts is a transaction that was noted when a provider was connected.
    """

    modes = frozenset(ONLINE)

    def begin(self, bill: Bill) -> str:
        """The order waits, for as long as its tickets are held."""
        _demand_accepted(bill)
        return states.PENDING

    def prove(self, bill: Bill) -> None:
        """Only what was noted as paid is paid."""
        if bill.transaction_id is None:
            reason = (
                f"There is no payment by {bill.mode} for this order, and no provider is connected to ask."
            )
            raise invalid(reason, _STATUS)
        if not bill.confirmed:
            raise forbidden(
                "An order that was paid online is completed by its provider or the organiser.", _STATUS
            )

    def cost(self, _bill: Bill) -> Decimal:
        """Nothing that we would know of."""
        return Decimal(0)


PROVIDERS: Final[tuple[PaymentProvider, ...]] = (FreeOfCharge(), PaidToOrganiser(), NotConnected())
_BY_MODE: Final = {mode: provider for provider in PROVIDERS for mode in provider.modes}


def provider_of(bill: Bill) -> PaymentProvider:
    """Who handles the payment. Until somebody says how it is paid, an order is free of charge, or refused."""
    return _BY_MODE[bill.mode or FREE_OF_CHARGE]


def _demand_accepted(bill: Bill) -> None:
    if not bill.accepted:
        raise invalid(f"The event takes no payment by {bill.mode}.", _MODE)
