"""An event with its crew, and somebody with a ticket who comes to the door."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from chalicelib.resources.events.event.event import Event
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.microlocation import make_microlocation
from tests.factories.order import make_order
from tests.factories.session import make_session
from tests.factories.station import make_station
from tests.factories.ticket import make_ticket
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply

_nonces = count(1)


@dataclass
class Scene:
    """An event, and a registrar of it who asks."""

    client: Client
    database: TestDatabase
    event: Event = field(default_factory=lambda: stored(make_event, timezone="Europe/Berlin"))

    def __post_init__(self) -> None:
        self.crew = self.as_role("registrar")
        self.ticket = stored(make_ticket, event=self.event, quantity=5000)

    def as_role(self, role: str) -> Client:
        """A client of somebody with this role."""
        return self.client.signed_in_as(stored(make_users_events_roles, event=self.event, role=role).user_id)

    def holder(self, status: str = "completed", **values: Any) -> Any:
        """Somebody with a ticket of an order in this state."""
        order = stored(make_order, event=self.event, status=status)
        return stored(make_attendee, **{"event": self.event, "order": order, "ticket": self.ticket, **values})

    def code(self, attendee: Any) -> str:
        """The text of the ticket's QR code."""
        return str(
            self.database.one(
                "SELECT o.identifier || '-' || a.identifier FROM attendees a "
                "JOIN orders o ON o.id = a.order_id WHERE a.id = :id",
                id=attendee.id,
            )
        )

    def scan(self, holder: Any = None, *, by: Client | None = None, **sent: Any) -> dict[str, Any]:
        """The verdict on a scan of this attendee's ticket, or what else is sent."""
        reply = self.send(holder, by=by, **sent)
        assert reply.status == 200, reply.text
        verdict: dict[str, Any] = reply.json
        return verdict

    def send(self, holder: Any = None, *, by: Client | None = None, **sent: Any) -> Reply:
        """The reply to such a scan."""
        body = {"nonce": f"n{next(_nonces)}", **sent}
        if holder is not None:
            body["code"] = self.code(holder)
        return (by or self.crew).post(f"/v1/events/{self.event.id}/check-ins", body)

    def room_with_talk(self, **values: Any) -> tuple[Any, Any]:
        """A room and a session in it, going on now unless it is given when."""
        room = stored(make_microlocation, event=self.event)
        talk = stored(make_session, event=self.event, state="accepted", microlocation_id=room.id, **values)
        return room, talk

    def station(self, kind: str, room: Any = None, **values: Any) -> Any:
        """A station of this kind."""
        room_id = room.id if room is not None else None
        return stored(make_station, event=self.event, station_type=kind, microlocation_id=room_id, **values)
