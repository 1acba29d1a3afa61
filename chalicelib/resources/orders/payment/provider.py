"""Payment gateway (port): what online payment asks of a provider, whichever it is.

Amounts are in minor units of an ISO 4217 currency. Each call names the organizer's account there. Calls are
made while no row is locked; each that moves money has a key, so that the same call twice is one.
"""

from dataclasses import dataclass
from typing import Protocol

from chalicelib.http_client import BadAnswer, Deadline, NoAnswer


class Refused(Exception):
    """The provider has refused a call for good: `code` is its own, the text is for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Forgotten(Refused):
    """The provider does not know the payment any more: nobody has paid it in time."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment to be made: `reference` is ours, and the key of the call; `about` is shown to the buyer, who
    returns to one page of the web front end after paying, and to another one instead. `method` is the only
    method of paying, by the provider's name; None: all that the organizer's account has. `order` is the
    order's identifier, by which a payment is found whose row is lost.
    """

    reference: str
    amount: int
    currency: str
    fee: int
    account: str
    about: str
    paid_page: str
    unpaid_page: str
    method: str | None = None
    order: str = ""


@dataclass(frozen=True, slots=True)
class RefundIntent:
    """A refund to be made of a payment, by its id there and that of the transaction; `fee` is its share of
    the platform's fee, `has_fee` whether there was one.
    """

    reference: str
    payment: str
    account: str
    amount: int
    currency: str
    has_fee: bool
    fee: int
    transaction: str | None


@dataclass(frozen=True, slots=True)
class ProviderPayment:
    """A payment as the provider sees it at this moment.

    id          the provider's
    state       open, processing, succeeded or canceled, as in payment.STATES
    reference   ours, as it was created with
    document    what the buyer's client needs to pay, by the provider's names
    refunded    how much went back, whoever asked for it
    disputed    whether the buyer's bank has taken it back, or asks to
    approved    whether the buyer has agreed, and the money is there to be captured
    payer       the buyer's id at the provider
    redirect    the page where the buyer pays, where that is elsewhere
    order       the order's identifier, as it was created with
    has_fee     whether the platform takes a fee of it
    """

    id: str
    state: str
    amount: int
    currency: str
    reference: str
    document: dict[str, object]
    transaction: str | None = None
    method: str | None = None
    brand: str | None = None
    last4: str | None = None
    exp_month: str | None = None
    exp_year: str | None = None
    failure: str | None = None
    refunded: int = 0
    disputed: bool = False
    approved: bool = False
    payer: str | None = None
    redirect: str | None = None
    order: str = ""
    has_fee: bool = False


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    """A refund as the provider sees it: `state` as in refund.STATES; `reference` is ours, or None."""

    id: str
    state: str
    amount: int
    reference: str | None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """An event: which payment it is about, by the provider's id, by our reference or by the transaction."""

    id: str
    type: str
    account: str
    payment: str | None
    reference: str | None
    transaction: str | None = None


@dataclass(frozen=True, slots=True)
class Connected:
    """An organizer's account: its id, and the key that is public."""

    account: str
    publishable_key: str


class Provider(Protocol):
    """One provider. All calls raise NoAnswer, BadAnswer and Refused."""

    def create(self, intent: Intent, until: Deadline) -> ProviderPayment:
        """The payment of this reference: made, or found there."""

    def retrieve(self, id: str, account: str, until: Deadline) -> ProviderPayment:
        """A payment."""

    def cancel(self, id: str, account: str, until: Deadline) -> ProviderPayment:
        """Nobody pays it from now on, unless it was paid already. A provider where it cannot be canceled, as
        only a capture takes the money, tells it as it is.
        """

    def capture(self, id: str, account: str, key: str, until: Deadline) -> ProviderPayment:
        """Take the money of a payment that the buyer has approved, once per key; a payment that is captured
        by itself is told as it is.
        """

    def refund(self, intent: RefundIntent, until: Deadline) -> ProviderRefund:
        """Send so much of a payment back, once per reference."""

    def refunds(self, id: str, account: str, currency: str, until: Deadline) -> list[ProviderRefund]:
        """All refunds of a payment, latest first."""

    def dispute(self, id: str, account: str, until: Deadline) -> str | None:
        """The state of the latest dispute of a payment."""


__all__ = [
    "BadAnswer",
    "Connected",
    "Forgotten",
    "Intent",
    "NoAnswer",
    "Provider",
    "ProviderPayment",
    "ProviderRefund",
    "RefundIntent",
    "Refused",
    "WebhookEvent",
]
