"""Payment modes: the single table used by orders, tickets, events and emails."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class PaymentMode:
    """One payment mode, by its name in the API.

    switch     the column of events that says whether an event accepts it
    is_online  whether a payment provider confirms the payment; else the organizer does
    phrase     what follows "Pay" in an email; None to omit the sentence
    details    the column of events with payment details for the buyer
    admits_unpaid  whether tickets admit before payment, as it is paid on site
    """

    name: str
    switch: str
    is_online: bool = False
    phrase: str | None = None
    details: str | None = None
    admits_unpaid: bool = False


FREE_OF_CHARGE: Final = "free"  # nothing to pay; not one of the modes below
_TABLE: Final = (
    PaymentMode("stripe", "can_pay_by_stripe", is_online=True),
    PaymentMode("paypal", "can_pay_by_paypal", is_online=True),
    PaymentMode("omise", "can_pay_by_omise", is_online=True),
    PaymentMode("alipay", "can_pay_by_alipay", is_online=True),
    PaymentMode("paytm", "can_pay_by_paytm", is_online=True),
    PaymentMode("bank", "can_pay_by_bank", phrase="by bank transfer", details="bank_details"),
    PaymentMode("cheque", "can_pay_by_cheque", phrase="by cheque", details="cheque_details"),
    PaymentMode(
        "onsite", "can_pay_onsite", phrase="at the entrance", details="onsite_details", admits_unpaid=True
    ),
    PaymentMode("invoice", "can_pay_by_invoice", phrase="by invoice", details="invoice_details"),
)
PAYMENT_MODES: Final = {mode.name: mode for mode in _TABLE}
ONLINE: Final = tuple(mode.name for mode in _TABLE if mode.is_online)
DIRECT: Final = tuple(mode.name for mode in _TABLE if not mode.is_online)
NAMES: Final = (FREE_OF_CHARGE, *ONLINE, *DIRECT)  # in the order of the API
SWITCHES: Final = tuple(mode.switch for mode in _TABLE)


def admits_before_payment(mode: str | None) -> bool:
    """Whether tickets of a placed order admit although it is not paid: it is paid at the entrance."""
    known = PAYMENT_MODES.get(mode or "")
    return known is not None and known.admits_unpaid
