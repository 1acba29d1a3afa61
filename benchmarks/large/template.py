"""The rows that are copied: one event with a ticket, a session, a speaker and an order, made by the API.

What a million others have to look like is therefore not written down a second time here.
"""

from dataclasses import dataclass
from typing import Any, Final

from chalicelib import db, outbox, signals
from tests.factories import stored
from tests.factories.activity import make_activity
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client, Reply

_ABSTRACT: Final = "What can go wrong when forty machines share the air of one small room, and who is told. "
_BIOGRAPHY: Final = "Has written compilers, and repaired those of others, for longer than there are screens. "
_EVENT: Final = {
    "name": "Compiler Days",
    "state": "published",
    "privacy": "public",
    "timezone": "Europe/Berlin",
    "starts-at": "2099-05-01T09:00:00+02:00",
    "ends-at": "2099-05-02T18:00:00+02:00",
    "location-name": "Alte Fabrik, Berlin",
    "searchable-location-name": "Berlin",
    "owner-name": "Friends of the Compiler",
    "description": f"<p>{_ABSTRACT * 3}</p>",
    "logo-url": "https://media.example.org/logo.png",
    "is-sessions-speakers-enabled": True,
}
_TICKET: Final = {
    "name": "Standard",
    "type": "free",
    "quantity": 1_000_000,
    "min-order": 1,
    "max-order": 10,
    "sales-starts-at": "2020-05-01T00:00:00Z",
    "sales-ends-at": "2099-05-01T00:00:00Z",
}
_SESSION: Final = {
    "title": "How we moved forty servers into a cupboard",
    "subtitle": "A story in three acts",
    "level": "Beginner",
    "language": "English",
    "short-abstract": _ABSTRACT,
    "long-abstract": _ABSTRACT * 3,
    "state": "accepted",
    "starts-at": "2099-05-01T10:00:00+02:00",
    "ends-at": "2099-05-01T10:30:00+02:00",
}
_SPEAKER: Final = {
    "name": "Grace Hopper",
    "email": "grace@example.org",
    "organisation": "Friends of the Compiler",
    "country": "US",
    "short-biography": _BIOGRAPHY,
    "long-biography": _BIOGRAPHY * 2,
}

OF_AN_ORDER: Final = 2  # attendees


@dataclass(frozen=True, slots=True)
class Template:
    """Ids of the rows that are copied."""

    staff_id: int
    owner_id: int
    user_id: int
    event_id: int
    ticket_id: int
    track_id: int
    session_id: int
    speaker_id: int
    order_id: int
    attendee_id: int


def make() -> Template:
    """Make the rows in the empty database that the product uses. Nothing is sent to a queue."""
    relay, outbox.relay = outbox.relay, _nothing
    try:
        with signals.muted():
            stored(make_activity)
            staff = stored(make_user, is_admin=True, is_super_admin=True)
        owner, buyer = (_account(name) for name in ("owner", "buyer"))
        asking = Client()
        return _of_event(asking.signed_in_as(owner), asking.signed_in_as(buyer), owner, buyer, staff.id)
    finally:
        outbox.relay = relay


def _account(name: str) -> int:
    person = {"email": f"{name}@example.org", "password": "correct horse battery", "first-name": name}
    id = int(_ok(Client().post("/v1/users", document("user", person)), 201).data["id"])
    with db.transaction() as session:  # as the link in the mail does
        db.fetch(session, "UPDATE users SET is_verified = true WHERE id = $1 RETURNING id", [id])
    return id


def _of_event(team: Client, buyer: Client, owner_id: int, buyer_id: int, staff_id: int) -> Template:
    event = _made(team, "event", _EVENT)
    at = ("event", event)
    ticket = _made(team, "ticket", _TICKET, event=at)
    track = _made(team, "track", {"name": "Parsing", "color": "#ff6600"}, event=at)
    session = _made(team, "session", _SESSION, event=at, track=("track", track))
    speaker = _made(team, "speaker", _SPEAKER, event=at, sessions=[("session", session)])
    body = {"tickets": [{"id": ticket, "quantity": OF_AN_ORDER}]}
    order = _ok(buyer.post("/v1/orders/create-order", body, content_type="application/json"), 200).data["id"]
    attendees = [int(item["id"]) for item in _ok(buyer.get(f"/v1/orders/{order}/attendees"), 200).data]
    for id in attendees:
        person = {"firstname": "Ada", "lastname": "Lovelace", "email": "ada@example.org"}
        _ok(buyer.patch(f"/v1/attendees/{id}", document("attendee", person, id)), 200)
    paid = document("order", {"status": "completed", "payment-mode": "free"}, order)
    _ok(buyer.patch(f"/v1/orders/{order}", paid), 200)
    return Template(
        staff_id, owner_id, buyer_id, event, ticket, track, session, speaker, int(order), attendees[0]
    )


def _made(client: Client, type: str, attributes: dict[str, Any], **links: Any) -> int:
    return int(_ok(client.post(f"/v1/{type}s", document(type, attributes, **links)), 201).data["id"])


def _ok(reply: Reply, status: int) -> Reply:
    assert reply.status == status, reply.text[:500]
    return reply


def _nothing(limit: int = 0, ahead: Any = None) -> int:
    return 0
