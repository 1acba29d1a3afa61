"""Links of orders: a capability (a secret without an account) for one order, mailed to its buyer's address.

Each mail has a secret of its own, generated with the mail; only hashes are stored. All of an order's links
are one capability: they open the same, end some time after the event, and are revoked together. A link is
exchanged for a token that is valid for an hour, so the secret itself is sent once, in a body.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import clock, db
from chalicelib.auth import tokens
from chalicelib.db import Model, owned_by
from chalicelib.resources.identifiers import hash_of, new_token
from chalicelib.resources.orders.order.link_loader import EVENT, ORDER
from chalicelib.resources.orders.order.states import EXPIRED, HELD, listed
from chalicelib.settings import settings

# Refunds and invoices are asked for after the event, too.
VALID_AFTER_EVENT: Final = timedelta(days=60)
# What an order that nobody finished knows of its buyer is forgotten after this.
FORGOTTEN_AFTER: Final = timedelta(days=30)
TOKEN_SECONDS: Final = int(tokens.LINK_LIFETIME.total_seconds())
MOST_OF_ONE: Final = 50  # links of one order: the oldest end
MOST_MAILED: Final = 5  # orders whose links are mailed when somebody asks for those of an address

# Whoever has the link has read the mail: the address is the buyer's.
_OPEN: Final = """
UPDATE orders SET guest_verified_at = coalesce(orders.guest_verified_at, $2::timestamptz),
       mail_language = coalesce($3::text, orders.mail_language)
FROM order_links link
WHERE link.hash = $1 AND link.expires_at > $2::timestamptz AND orders.id = link.order_id
  AND orders.guest_email IS NOT NULL AND orders.user_id IS NULL
RETURNING orders.id, orders.event_id, orders.identifier, orders.link_version
"""
# Linked orders of the same buyer are opened along.
_OPEN_LINKED: Final = """
UPDATE orders SET guest_verified_at = coalesce(orders.guest_verified_at, $2::timestamptz)
FROM orders opened
WHERE opened.id = $1 AND orders.id <> opened.id
  AND coalesce(orders.added_to_id, orders.id) = coalesce(opened.added_to_id, opened.id)
  AND lower(orders.guest_email) = lower(opened.guest_email) AND orders.user_id IS NULL
RETURNING orders.id, orders.event_id, orders.identifier, orders.link_version
"""
# Whoever has mails sent again and again makes no rows without end.
_PRUNE: Final = f"""
DELETE FROM order_links WHERE id IN (
  SELECT id FROM order_links WHERE order_id = $1 ORDER BY id DESC OFFSET {MOST_OF_ONE}
)
"""  # noqa: S608 - no user input
_OF_ADDRESS: Final = f"""
SELECT bought.id FROM orders bought JOIN events event ON event.id = bought.event_id
WHERE lower(bought.guest_email) = lower($1) AND bought.user_id IS NULL
  AND bought.status NOT IN {listed([EXPIRED])} AND event.ends_at > $2::timestamptz - $3::interval
ORDER BY bought.id DESC LIMIT {MOST_MAILED}
"""  # noqa: S608 - no user input
_REVOKE: Final = """
WITH gone AS (DELETE FROM order_links WHERE order_id = $1)
UPDATE orders SET link_version = link_version + 1 WHERE id = $1
"""
_FORGET_LINKS: Final = "DELETE FROM order_links WHERE expires_at <= $1 RETURNING 1"
# The address of a client is only of use while places are held.
_FORGET_SOURCES: Final = (
    "UPDATE orders SET guest_source = NULL WHERE guest_source IS NOT NULL "  # noqa: S608 - no user input
    f"AND status NOT IN {listed(HELD)}"
)
_FORGET_BUYERS: Final = f"""
UPDATE orders SET guest_email = NULL, guest_name = NULL, link_version = link_version + 1
WHERE guest_email IS NOT NULL AND status IN {listed([EXPIRED])}
  AND created_at <= $1::timestamptz - $2::interval
  AND NOT EXISTS (SELECT FROM payments paid WHERE paid.order_id = orders.id)
"""  # noqa: S608 - no user input


class OrderLink(Model):
    """An issued link: the hash of its secret, and until when it opens the order."""

    __tablename__ = "order_links"
    hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    order_id: Mapped[int] = owned_by("orders.id")


@dataclass(frozen=True, slots=True)
class UnlockedOrder:
    """An order whose link was shown."""

    id: int
    event_id: int
    identifier: str
    version: int


def issue(session: Session, order: Any, event_ends_at: datetime) -> str:
    """A new link of the order, with its secret in the fragment, which browsers send to no server.

    To be mailed to the order's `guest_email` and shown nowhere else.
    """
    secret, now = new_token(), clock.now()
    expires_at = max(event_ends_at, now) + VALID_AFTER_EVENT
    session.add(OrderLink(hash=hash_of(secret), created_at=now, expires_at=expires_at, order_id=order.id))
    db.enqueue_for_commit(session, _PRUNE, [order.id])
    return f"{settings().web_url}/orders/{order.identifier}/view#key={secret}"


def unlock(session: Session, secret: str, language: str | None = None) -> UnlockedOrder | None:
    """The order that the secret opens, whose buyer's address it proves; None where no valid link has it.

    The `language` that its reader accepts is that of further mails.
    """
    rows = db.fetch(session, _OPEN, [hash_of(secret), clock.now(), language])
    return UnlockedOrder(*rows[0]) if rows else None


def unlock_linked(session: Session, order_id: int) -> list[UnlockedOrder]:
    """The linked orders of the same buyer, which a link of one of them opens too."""
    rows = db.fetch(session, _OPEN_LINKED, [order_id, clock.now()])
    return sorted((UnlockedOrder(*row) for row in rows), key=lambda order: order.id)


def rows_of(order_id: int, event_id: int) -> dict[str, int]:
    """What the link of this order is for: ids by type, as in a viewer and in a token."""
    return {ORDER: order_id, EVENT: event_id}


def orders_of(session: Session, email: str) -> list[int]:
    """Ids of the newest orders that were bought without an account for this address, and can be opened."""
    values = [email, clock.now(), VALID_AFTER_EVENT]
    return [id for (id,) in db.fetch(session, _OF_ADDRESS, values)]


def revoke(session: Session, order_id: int) -> None:
    """End all links of the order, and the tokens that they were exchanged for. Its row must be locked."""
    db.fetch(session, _REVOKE, [order_id])


def forget_old() -> int:
    """Delete links that have ended, and what expired orders know of those who did not finish them.

    Returns how many links.
    """
    with db.transaction() as session:
        ended = db.fetch(session, _FORGET_LINKS, [clock.now()])
        db.fetch(session, _FORGET_SOURCES)
        db.fetch(session, _FORGET_BUYERS, [clock.now(), FORGOTTEN_AFTER])
    return len(ended)
