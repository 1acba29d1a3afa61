"""Variables of mails about waiting lists."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.order_templates import TimeAndPlace
from chalicelib.values.localized import Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class OfJoinedLine(MailTemplate):
    """To whoever has joined: that the address is to be confirmed first, unless it is verified."""

    folder: ClassVar[str] = "waiting_list_joined"
    event: str
    at: TimeAndPlace
    kinds: str
    quantity: int
    is_verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OfOfferedPlaces(MailTemplate):
    """To whoever waits: what is held for them, and until when. `price` is that of one ticket, `rest` how many
    more they wait for; `needs_account`: whether they have to sign up first.
    """

    folder: ClassVar[str] = "waiting_list_offer"
    event: str
    at: TimeAndPlace
    ticket: str
    price: Amount
    quantity: int
    rest: int
    until: datetime
    needs_account: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OfEndedWaiting(MailTemplate):
    """That somebody waits no more, and why: the `state` of the entry."""

    folder: ClassVar[str] = "waiting_list_ended"
    event: str
    state: str
