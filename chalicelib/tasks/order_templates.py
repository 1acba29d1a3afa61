"""Mail templates about orders: the variables of each. Texts are told as they are; words are in the files.

Their files are in `mails/order_*`, what several of them say in `mails/order` (mail_template.py).
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.values.localized import Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """So many of one ticket. `price` of each is nothing where it is free."""

    quantity: int
    ticket: str
    price: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One ticket; `holder` is empty where nobody is named, `code` is the text of its QR code."""

    name: str
    holder: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxed:
    """The tax of an order. `name` may be empty."""

    name: str
    percent: Decimal
    included: bool
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAndPlace:
    """When the event is, in its zone, and where; `location` is empty where none is told."""

    begin: datetime
    end: datetime
    timezone: str
    location: str
    is_online: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutOrder(MailTemplate):
    """What was bought. `total` is nothing where it is free, `is_adjusted` if it is no sum of `lines`."""

    event: str
    reference: str
    identifier: str
    lines: list[Bought]
    total: Amount
    is_adjusted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToBuyer(AboutOrder):
    """What was bought, and how it is paid or how one gets in: `opens` is whether the codes count already."""

    folder: ClassVar[str] = "order_to_buyer"
    at: TimeAndPlace
    is_placed: bool
    is_due: bool
    way: str
    payment_details: list[str]
    tickets: list[Ticket]
    opens: bool
    after_order: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToGuest(MailTemplate):
    """The tickets that somebody else has ordered for the one who has this address."""

    folder: ClassVar[str] = "order_to_guest"
    event: str
    at: TimeAndPlace
    is_placed: bool
    tickets: list[Ticket]
    opens: bool
    after_order: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToOrganizer(AboutOrder):
    """Who has ordered what, and whether money is to be waited for."""

    folder: ClassVar[str] = "order_to_organizer"
    who: str
    is_placed: bool
    is_due: bool
    way: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCancellation(AboutOrder):
    """That the order and its tickets are void, with what the organizer has to say about it."""

    folder: ClassVar[str] = "order_cancelled"
    at: TimeAndPlace
    note: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfLink(MailTemplate):
    """Where an order without an account is opened; `held_until` is when its places go back, if they do."""

    folder: ClassVar[str] = "order_link"
    event: str
    reference: str
    identifier: str
    at: TimeAndPlace
    held_until: datetime | None
    is_invitation: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(AboutOrder):
    """What was paid, when, how and by whom."""

    folder: ClassVar[str] = "order_receipt"
    at: TimeAndPlace
    way: str
    taxes: list[Taxed]
    is_reverse_charge: bool
    paid_at: datetime | None
    billed_to: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfRefund(MailTemplate):
    """That an amount goes back, by whom, and why it does where nobody has asked for it."""

    folder: ClassVar[str] = "order_refunded"
    event: str
    reference: str
    identifier: str
    at: TimeAndPlace
    amount: Amount
    is_late: bool
    is_twice: bool
    is_offline: bool
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfRefundRequest(MailTemplate):
    """To an organizer: that a buyer asks for a refund that needs approval."""

    folder: ClassVar[str] = "refund_requested"
    event: str
    reference: str
    identifier: str
    who: str
    amount: Amount
    paid: Amount
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfDeclinedRefund(MailTemplate):
    """To the buyer: that the refund they have asked for was declined."""

    folder: ClassVar[str] = "refund_declined"
    event: str
    reference: str
    identifier: str
    amount: Amount
    note: str
