"""The template of mails about a ticket that was exchanged."""

from dataclasses import dataclass
from typing import ClassVar

from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.values.localized import Amount


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
