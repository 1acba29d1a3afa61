"""Mail templates about single tickets: the variables of each. Words are in the files of their folders."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.order_templates import TimeAndPlace
from chalicelib.values.localized import Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCancelledTicket(MailTemplate):
    """That one ticket of an order is void. `amount` goes back if nobody `is_asked`, `waived` is not owed any
    more; both are nothing to who has not bought it.
    """

    folder: ClassVar[str] = "ticket_cancelled"
    event: str
    reference: str
    identifier: str
    ticket: str
    holder: str
    amount: Amount
    is_asked: bool
    waived: Amount
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfExchangedTicket(MailTemplate):
    """That a ticket is void and another one valid. `amount` of the difference goes back if nobody `is_asked`;
    it is nothing to who has not paid it.
    """

    folder: ClassVar[str] = "ticket_exchanged"
    event: str
    ticket: str
    new_event: str
    new_ticket: str
    amount: Amount
    is_asked: bool
    reference: str
    identifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfOfferedTicket(MailTemplate):
    """To whom a ticket is offered: what it is, and until when. `who` may be empty."""

    folder: ClassVar[str] = "ticket_offered"
    event: str
    at: TimeAndPlace
    ticket: str
    price: Amount
    who: str
    note: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfPassedTicket(MailTemplate):
    """To who has passed a ticket on: whose it is now."""

    folder: ClassVar[str] = "ticket_passed_on"
    event: str
    ticket: str
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfEndedOffer(MailTemplate):
    """That an offered ticket stays whose it was, and why: its `state`."""

    folder: ClassVar[str] = "ticket_offer_ended"
    event: str
    ticket: str
    who: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfFormRequest(MailTemplate):
    """To an attendee of a group order: that they fill in their own form, until when. `who` may be empty."""

    folder: ClassVar[str] = "form_requested"
    event: str
    at: TimeAndPlace
    ticket: str
    who: str
    note: str
    until: datetime
    is_reminder: bool
