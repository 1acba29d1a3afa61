"""A person with two profiles, who acts under one of them or as themselves."""

from typing import Any

from chalicelib import db
from chalicelib.auth import tokens
from chalicelib.auth.claims import Claims
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.profile.rows import OF_PROFILE
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.group import make_group
from tests.factories.notification import make_notification
from tests.factories.order import make_order
from tests.factories.profile import make_profile
from tests.factories.session import make_session
from tests.factories.speaker import make_speaker
from tests.factories.user import PASSWORD, make_user
from tests.factories.users_groups_role import make_users_groups_role
from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply

SWITCH, JOIN, PLAIN = "/v1/auth/switch-profile", "/v1/profiles/join", "application/json"
LOGIN, NEW_PASSWORD = "/v1/auth/login", "another long password"


class Person:
    """Somebody with the profiles `museum` and `club`. `values` are the user's own."""

    def __init__(self, client: Client, **values: Any) -> None:
        self.client, self.user = client, stored(make_user, **values)
        self.museum = stored(make_profile, user=self.user, name="Museum")
        self.club = stored(make_profile, user=self.user, name="Club")

    def under(self, profile: Any = None, *, fresh: bool = True) -> Client:
        """A client that acts under a profile, or as the person."""
        profile_id = getattr(profile, "id", profile)
        token = tokens.access_token(self.user.id, fresh=fresh, profile_id=profile_id)
        return self.client.signed_in_as(token)

    @property
    def clients(self) -> dict[str, Client]:
        """Each way in which the person acts."""
        return {"own": self.under(), "museum": self.under(self.museum), "club": self.under(self.club)}

    def where(self, status: int, method: str, path: str, body: Any = None) -> set[str]:
        """Under which of them a request is answered like this."""
        return {
            name for name, value in self.clients.items() if value.request(method, path, body).status == status
        }


def switch(client: Client, profile: object) -> Reply:
    """Ask for a token that acts under a profile (its id), or as the person (None)."""
    return client.post(SWITCH, {"profile": profile}, content_type=PLAIN)


def claims_of(reply: Reply) -> Claims:
    """What the token in an answer says."""
    assert reply.status == 200, reply.text
    return tokens.read_access(reply.json["access_token"])


def join(client: Client, email: str, password: str = PASSWORD) -> Reply:
    return client.post(JOIN, {"email": email, "password": password}, content_type=PLAIN)


def detach(client: Client, profile_id: object, email: str = "new@example.org", **values: Any) -> Reply:
    sent = {"email": email, "password": NEW_PASSWORD, **values}
    return client.post(f"/v1/profiles/{profile_id}/detach", sent, content_type=PLAIN)


def log_in(client: Client, email: str, password: str = PASSWORD) -> Reply:
    return client.post(LOGIN, {"email": email, "password": password}, content_type=PLAIN)


class Rows:
    """One row of each kind that can be a profile's, all of one user."""

    def __init__(self, database: TestDatabase, user: Any) -> None:
        self.database = database
        event = stored(make_event, owner=user, state="draft")
        self.event_id = event.id
        group = stored(make_group, user=user)
        stored(make_users_groups_role, group=group, user_id=user.id, email=user.email, accepted=True)
        order = stored(make_order, user=user)
        session = stored(make_session, creator_id=user.id, state="draft")
        stored(make_speaker, user_id=user.id, email=user.email)
        stored(make_notification, user=user)
        self.addresses = [
            f"/v1/events/{event.id}", f"/v1/orders/{order.id}", f"/v1/sessions/{session.id}",
        ]  # fmt: skip

    def held_by(self, user_id: int) -> set[tuple[str, int | None]]:
        """The tables with a row of this user, and the profile it belongs to."""
        return {
            (table, row["profile_id"])
            for table, column in OF_PROFILE.items()
            for row in self.database.rows(f'SELECT profile_id FROM {table} WHERE "{column}" = {user_id}')
        }


HELD = OF_PROFILE.keys() - {"event_invoices", "task_results"}  # which no row of a person is


def stored_event(id: int) -> Any:
    with db.transaction() as session:
        return session.get(Event, id)


def belongs_to(database: TestDatabase, person: Person, profile: Any) -> None:
    """Make all that is the person's the profile's."""
    for table, column in OF_PROFILE.items():
        profile_id = "NULL" if profile is None else profile.id
        database.run(f'UPDATE {table} SET profile_id = {profile_id} WHERE "{column}" = {person.user.id}')
