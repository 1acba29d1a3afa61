"""Wallet passes of tickets: what is in one, read as it is now, and where it is stored."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import aws, db
from chalicelib.paper_store import TICKETS, Paper, fingerprint
from chalicelib.papers.apple_pass import APPLE_LAYOUT, MEDIA_TYPE, PassType, Place, apple_pass
from chalicelib.papers.google_pass import GOOGLE_LAYOUT, Issuer, google_link
from chalicelib.papers.ticket import Ticket
from chalicelib.settings import settings
from chalicelib.tasks.printed_tickets import tickets_of

TASK: Final = "make_wallet_pass"
APPLE, GOOGLE = "apple", "google"
_PLACE: Final = """
SELECT coalesce(nullif(event.owner_name, ''), event.name), event.latitude, event.longitude, event.logo_url
FROM orders bought JOIN events event ON event.id = bought.event_id WHERE bought.id = $1
"""


@dataclass(frozen=True, slots=True)
class WalletPass:
    """A ticket as a pass. `refusal` says why it is no valid ticket, or is empty."""

    ticket: Ticket
    place: Place
    order_id: int
    attendee_id: int
    refusal: str

    @property
    def serial(self) -> str:
        """The same for all passes of this ticket, whatever its code is."""
        return f"{self.ticket.order}-{self.attendee_id}"

    def paper(self, wallet: str) -> Paper:
        """Where the pass for this wallet is, and the task that makes it."""
        arguments = {"attendee_id": self.attendee_id, "order_id": self.order_id, "wallet": wallet}
        name = f"ticket-{self.ticket.order}.pkpass"
        said: Sequence[Any] = (asdict(self.ticket), asdict(self.place), self.attendee_id, *_issuer(wallet))
        suffix = "pkpass" if wallet == APPLE else "txt"
        return Paper(f"{TICKETS}{self.order_id}/{fingerprint(said)}.{suffix}", name, TASK, arguments)

    def made(self, wallet: str) -> tuple[bytes, str]:
        """(the file, its media type). Raises NotConfigured for credentials that sign nothing."""
        known = settings()
        if wallet == APPLE:
            secret = _secret(known.apple_pass_credentials, known.apple_pass_credentials_parameter)
            kind = PassType(known.apple_pass_type, known.apple_pass_team, secret)
            return apple_pass(self.ticket, self.place, self.serial, kind), MEDIA_TYPE
        secret = _secret(known.google_wallet_credentials, known.google_wallet_credentials_parameter)
        issuer = Issuer(known.google_wallet_issuer, secret)
        link = google_link(self.ticket, self.place.organizer, self.serial, issuer)
        return link.encode(), "text/plain"


def is_set_up(wallet: str) -> bool:
    """Whether this installation issues passes for the wallet."""
    return all(_issuer(wallet)[1:])


def pass_of(session: Session, order_id: int, attendee_id: int) -> WalletPass | None:
    """The attendee's ticket as a pass; None where the order has no such one. The caller says who gets it."""
    printed = tickets_of(session, order_id, [attendee_id])
    if printed is None:
        return None
    place = Place(*db.fetch(session, _PLACE, [order_id])[0])
    return WalletPass(printed.tickets[0], place, order_id, attendee_id, printed.refusal)


def _issuer(wallet: str) -> tuple[Any, ...]:
    known = settings()
    if wallet == APPLE:
        return APPLE_LAYOUT, known.apple_pass_type, known.apple_pass_team
    return GOOGLE_LAYOUT, known.google_wallet_issuer


def _secret(value: str, parameter: str) -> str:
    return value if value or not parameter else aws.parameter(parameter)
