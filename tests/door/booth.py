"""An exhibitor with a device that scans leads, at an event that hands details over."""

from itertools import count
from typing import Any

from tests.door.scene import Scene
from tests.factories import stored
from tests.factories.exhibitor import make_exhibitor
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply

TERMS = {"is_enabled": True, "fields": ["name", "company", "email"], "wording": "May they write to you?"}
_nonces = count(1)


class Booth(Scene):
    """The event, its exhibitor, and the exhibitor's device."""

    def __init__(self, client: Client, database: TestDatabase) -> None:
        super().__init__(client, database)
        self.exhibitor = self.another()
        self.path = f"/v1/exhibitors/{self.exhibitor.id}"
        self.owner = self.as_role("owner")
        self.version = self.says(**TERMS).json["version"]
        self.device = self.pair(self.exhibitor)
        self.people = count(1)

    def another(self) -> Any:
        return stored(make_exhibitor, event=self.event, contact_email=f"booth{next(_nonces)}@example.org")

    def says(self, **terms: Any) -> Reply:
        """The team sets what is handed over."""
        reply = self.owner.patch(f"/v1/events/{self.event.id}/lead-settings", terms)
        assert reply.status == 200, reply.text
        return reply

    def pair(self, exhibitor: Any) -> Client:
        made = self.owner.post(f"/v1/exhibitors/{exhibitor.id}/lead-devices", {"name": "Phone"})
        assert made.status == 200, made.text
        body = {"data": {"token": made.json["pairing"]["token"]}}
        paired = self.client.post("/v1/lead-devices/pair", body)
        assert paired.status == 200, paired.text
        return self.client.signed_in_as(str(paired.json["access_token"]))

    def visitor(self, **values: Any) -> tuple[Any, Client]:
        """Somebody with a ticket and a verified account, who asks."""
        email = f"visitor{next(self.people)}.{self.event.id}@example.org"
        named = {"firstname": "Ada", "lastname": "Lovelace", "company": "=Engines", "email": email, **values}
        asking = self.client.signed_in_as(stored(make_user, email=email, is_verified=True))
        return self.holder(**named), asking

    def sends(self, *scans: Any, by: Client | None = None, exhibitor: Any = None) -> Reply:
        path = f"/v1/exhibitors/{(exhibitor or self.exhibitor).id}/leads"
        return (by or self.device).post(path, {"scans": [*scans]})

    def scans(self, attendee: Any, *, by: Client | None = None, **more: Any) -> dict[str, Any]:
        """The result of one scan of this attendee's ticket."""
        sent = {"nonce": f"lead{next(_nonces)}", "code": self.code(attendee), **more}
        reply = self.sends(sent, by=by)
        assert reply.status == 200, reply.text
        result: dict[str, Any] = reply.json["results"][0]
        return result

    def agreed(self, attendee: Any, **more: Any) -> dict[str, Any]:
        """A scan of somebody who agrees on the device."""
        return self.scans(attendee, consent=True, wording_version=self.version, **more)

    def decides(self, asking: Client, attendee: Any, consent: bool, **more: Any) -> Reply:
        sent = {"consent": consent, **({"wording_version": self.version} if consent else {}), **more}
        return asking.post(f"/v1/attendees/{attendee.id}/lead-consent", sent)

    def listed(self, by: Client | None = None) -> list[dict[str, Any]]:
        reply = (by or self.device).get(f"{self.path}/leads")
        assert reply.status == 200, reply.text
        leads: list[dict[str, Any]] = reply.json["leads"]
        return leads
