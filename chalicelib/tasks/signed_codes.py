"""Signs codes of tickets (Ed25519): of events that have them, as tickets admit, are replaced, or are printed.

The layer of tasks has cryptography; no other function signs. An event's private key is derived from the
newest of the installation's signing keys, and stored nowhere; its public half is kept, so that older codes
stay verifiable.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from chalicelib import clock, db
from chalicelib.auth.signing_keys import keys
from chalicelib.resources.onsite.ticket_code import SIGNED, new_serial
from chalicelib.resources.orders.order.states import ADMITTING, listed
from chalicelib.values.ticket_codes import Payload

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

# Who has no code yet gets one; whose code was revoked gets none.
_BEGIN: Final = """
INSERT INTO ticket_codes (attendee_id, identifier, serial, created_at)
SELECT person.id, person.identifier, sent.serial, $3
FROM unnest($1::bigint[], $2::text[]) sent (id, serial) JOIN attendees person ON person.id = sent.id
WHERE NOT EXISTS (SELECT FROM ticket_codes known WHERE known.attendee_id = person.id)
ORDER BY person.id ON CONFLICT DO NOTHING
"""
_UNSIGNED: Final = f"""
SELECT person.id FROM attendees person JOIN events event ON event.id = person.event_id
JOIN orders bought ON bought.id = person.order_id
LEFT JOIN ticket_codes code ON code.attendee_id = person.id AND code.void IS NULL
WHERE event.id = $1 AND event.ticket_code = '{SIGNED}' AND person.deleted_at IS NULL
  AND bought.status IN {listed(ADMITTING)} AND code.text IS NULL
  AND ($2::bigint[] IS NULL OR person.id = ANY($2::bigint[])) AND person.id > $3
  AND (code.id IS NOT NULL
    OR NOT EXISTS (SELECT FROM ticket_codes past WHERE past.attendee_id = person.id))
ORDER BY person.id LIMIT $4
"""  # noqa: S608 - no user input
_TO_SIGN: Final = """
SELECT id, attendee_id, serial FROM ticket_codes
WHERE attendee_id = ANY($1::bigint[]) AND void IS NULL AND text IS NULL ORDER BY id FOR UPDATE
"""
_SIGN: Final = """
UPDATE ticket_codes SET text = done.text, key_id = $3
FROM unnest($1::bigint[], $2::text[]) done (id, text) WHERE ticket_codes.id = done.id
"""
_KEEP_KEY: Final = """
INSERT INTO ticket_keys (event_id, name, public_key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
"""
_EVENTS_WITH_SIGNED: Final = (
    "SELECT DISTINCT event.id FROM attendees person JOIN events event ON event.id = person.event_id "  # noqa: S608
    f"WHERE person.id = ANY($1::bigint[]) AND event.ticket_code = '{SIGNED}'"
)
_KEY: Final = "SELECT id FROM ticket_keys WHERE event_id = $1 AND name = $2"


def sign_codes(
    session: Session, event_id: int, ids: Sequence[int] | None = None, *, after: int = 0, most: int = 1000
) -> list[int]:
    """Sign the codes of these attendees (None: of all after this id) where the event has signed ones.

    Returns the ids of those that had none, at most `most`.
    """
    chosen = None if ids is None else [*ids]
    unsigned = [id for (id,) in db.fetch(session, _UNSIGNED, [event_id, chosen, after, most])]
    if not unsigned:
        return []
    db.fetch(session, _BEGIN, [unsigned, [new_serial() for _ in unsigned], clock.now()])
    name, secret = next(iter(keys().items()))
    key = _private_key(secret, event_id)
    public_key = base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).decode().rstrip("=")
    db.fetch(session, _KEEP_KEY, [event_id, name, public_key])
    key_id = db.fetch(session, _KEY, [event_id, name])[0][0]
    rows = db.fetch(session, _TO_SIGN, [unsigned])
    texts = []
    for _, attendee_id, serial in rows:
        payload = Payload(key_id, attendee_id, serial)
        texts.append(payload.text(key.sign(payload.signed)))
    db.fetch(session, _SIGN, [[row[0] for row in rows], texts, key_id])
    return unsigned


def sign_codes_of(session: Session, ids: Sequence[int]) -> None:
    """Sign the codes of these attendees before they are printed, where their events have signed ones."""
    rows = db.fetch(session, _EVENTS_WITH_SIGNED, [[*ids]]) if ids else []
    for (event_id,) in rows:
        sign_codes(session, event_id, ids)


def _private_key(secret: str, event_id: int) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ed25519  # lazy: 60 ms, and tasks alone have it

    seed = hmac.digest(secret.encode(), f"ticket codes of event {event_id}".encode(), hashlib.sha256)
    return ed25519.Ed25519PrivateKey.from_private_bytes(seed)
