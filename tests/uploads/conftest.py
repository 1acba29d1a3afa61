"""An organizer with an event, and the way a browser sends a file."""

import mimetypes
import urllib.request
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import aws, clock, db
from chalicelib.resources.access.role.role import Role
from chalicelib.resources.access.users_events_roles import UsersEventsRoles
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from chalicelib.settings import settings
from tests.factories.session import make_session
from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply


@pytest.fixture(autouse=True)
def _listens(signals_on: None) -> None:
    """Every test here asks for signals: renditions follow from an upload."""


def make_user(**columns: Any) -> User:
    """Somebody with a verified account."""
    with db.transaction() as session:
        user = User(email=f"{uuid.uuid4().hex}@example.org", is_verified=True, **columns)
        session.add(user)
    return user


def make_event(owner: User, **columns: Any) -> Event:
    """A draft of the owner's."""
    now = clock.now()
    with db.transaction() as session:
        event = Event(name="Tea", starts_at=now, ends_at=now + timedelta(days=1), **columns)
        session.add(event)
        session.flush()
        role = session.query(Role).filter_by(name="owner").one()
        session.add(UsersEventsRoles(user_id=owner.id, event_id=event.id, role_id=role.id))
    return event


@dataclass(frozen=True)
class Organizer:
    """A signed-in client, with the user behind it and an event of theirs."""

    client: Client
    user: User
    event: Event

    def ask(self, slot: str = "event.logo-url", owner_id: Any = None, **more: Any) -> Reply:
        """POST /v1/uploads."""
        owner_id = str(self.event.id) if owner_id is None else owner_id
        attributes = {"slot": slot, "owner-id": owner_id, "file-name": "logo.txt", **more}
        return self.client.post("/v1/uploads", {"data": {"type": "upload", "attributes": attributes}})

    def upload(self, content: bytes, slot: str = "event.logo-url", owner_id: Any = None, **more: Any) -> str:
        """Ask for a form and send the file; the id of the upload."""
        reply = self.ask(slot, owner_id, **more)
        assert reply.status == 201, reply.text
        put(f"incoming/{reply.data['id']}", content)
        return str(reply.data["id"])

    def outcome(self, id: str) -> Any:
        """The attributes of an upload as they are now."""
        return self.client.get(f"/v1/uploads/{id}").data["attributes"]


def put(key: str, content: bytes) -> None:
    """What the presigned form ends in: bytes under a key of the bucket."""
    aws.s3().put_object(Bucket=settings().bucket, Key=key, Body=content)


def post_form(form: dict[str, Any], content: bytes, name: str = "logo.txt") -> int:
    """Send a file as a browser does: multipart/form-data with the fields first, as S3 asks. The status."""
    line = "a-line-between-parts"
    parts = [
        f'--{line}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in form["fields"].items()
    ]
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"  # what browsers claim, by the name
    head = f'--{line}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    body = b"".join(
        [*parts, f"{head}Content-Type: {kind}\r\n\r\n".encode(), content, f"\r\n--{line}--\r\n".encode()]
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={line}"}
    request = urllib.request.Request(form["url"], body, headers, method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return int(answer.status)


def logo_of(database: TestDatabase) -> Any:
    """The event's logo as the database has it."""
    return database.one("SELECT logo_url FROM events")


def stored(prefix: str = "") -> list[str]:
    """The keys in the bucket."""
    answer = aws.s3().list_objects_v2(Bucket=settings().bucket, Prefix=prefix)
    return [entry["Key"] for entry in answer.get("Contents", ())]


@pytest.fixture
def organizer(client: Client) -> Organizer:
    """Somebody who may upload files for an event."""
    user = make_user()
    return Organizer(client.signed_in_as(user), user, make_event(user))


@pytest.fixture
def talk_id(organizer: Organizer) -> str:
    """A session of the organizer's, which may have slides and a video."""
    with db.transaction() as session:
        return str(make_session(session, event=organizer.event, creator_id=organizer.user.id).id)
