"""Payment gateway (port): what online payment asks of a provider, whichever it is.

Amounts are in minor units of an ISO 4217 currency. Each call names the organizer's account there. Calls are
made while no row is locked; each that moves money has a key, so that the same call twice is one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.http_client import BadAnswer, Deadline, NoAnswer


class Refused(Exception):
    """The provider has refused a call for good: `code` is its own, the text is for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment to be made: `reference` is ours, and the key of the call; `about` is shown to the buyer."""

    reference: str
    amount: int
    currency: str
    fee: int
    account: str
    about: str


@dataclass(frozen=True, slots=True)
class RefundIntent:
    """A refund to be made of a payment, by its id there; `has_fee`: with its share of the platform's fee."""

    reference: str
    payment: str
    account: str
    amount: int
    currency: str
    has_fee: bool


@dataclass(frozen=True, slots=True)
class ProviderPayment:
    """A payment as the provider sees it at this moment.

    id          the provider's
    state       open, processing, succeeded or canceled, as in payment.STATES
    reference   ours, as it was created with
    document    what the buyer's client needs to pay, by the provider's names
    refunded    how much went back, whoever asked for it
    disputed    whether the buyer's bank has taken it back, or asks to
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
    """A verified event: which payment it is about, by the provider's id and by our reference."""

    id: str
    type: str
    account: str
    payment: str | None
    reference: str | None


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
        """Nobody pays it from now on, unless it was paid already."""

    def refund(self, intent: RefundIntent, until: Deadline) -> ProviderRefund:
        """Send so much of a payment back, once per reference."""

    def refunds(self, id: str, account: str, currency: str, until: Deadline) -> list[ProviderRefund]:
        """All refunds of a payment, latest first."""

    def dispute(self, id: str, account: str, until: Deadline) -> str | None:
        """The state of the latest dispute of a payment."""

    def verify(self, body: bytes, signature: str, secret: str, now: datetime) -> WebhookEvent:
        """The event in a request that claims to be the provider's. Raises Refused: forged, or too old."""


__all__ = [
    "BadAnswer",
    "Connected",
    "Intent",
    "NoAnswer",
    "Provider",
    "ProviderPayment",
    "ProviderRefund",
    "RefundIntent",
    "Refused",
    "WebhookEvent",
]
