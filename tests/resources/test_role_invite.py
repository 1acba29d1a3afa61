"""Invitations to roles: who may send them, who sees their secret, and what a yes brings about."""

from typing import Any

import pytest

from chalicelib.resources.access.role_invite import RoleInvite
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.group import make_group
from tests.factories.role import built_in
from tests.factories.role_invite import make_role_invite
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply

EMAIL = "helper@example.org"


def invite(client: Client, event: Any, role: str, email: str = EMAIL, **attributes: object) -> Reply:
    links = {"event": ("event", event), "role": ("role", stored(built_in, name=role))}
    return client.post("/v1/role-invites", document("role-invite", {"email": email, **attributes}, **links))


def accept(client: Client, token: str) -> Reply:
    return client.post("/v1/role_invites/accept-invite", {"data": {"token": token}})


def held(database: TestDatabase, event: Any) -> dict[int, str]:
    found = database.rows(
        "SELECT user_id, name FROM users_events_roles h JOIN roles ON roles.id = role_id WHERE event_id = :id",
        id=event.id,
    )
    return {row["user_id"]: row["name"] for row in found}


@pytest.mark.parametrize(
    ("who", "role", "status"),
    [
        ("owner", "owner", 201),
        ("organizer", "organizer", 201),
        ("organizer", "owner", 403),
        ("coorganizer", "moderator", 403),
    ],
)
def test_organizers_invite_and_only_the_owner_invites_an_owner(
    client: Client, who: str, role: str, status: int
) -> None:
    event = stored(make_event)
    giver = stored(make_users_events_roles, event=event, role=who)
    reply = invite(client.signed_in_as(giver.user_id), event, role)
    assert reply.status == status, reply.text


def test_an_invitation_begins_pending_under_the_name_of_its_role(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    asking = client.signed_in_as(owner)
    sent = invite(asking, event, "moderator", status="accepted")
    assert (sent.data["attributes"]["status"], sent.data["attributes"]["role-name"]) == (
        "pending",
        "moderator",
    )
    wrong = invite(asking, event, "moderator", "other@example.org", **{"role-name": "owner"})
    assert (wrong.status, wrong.errors[0]["source"]["pointer"]) == (422, "/data/attributes/role-name")


def test_an_address_is_invited_once_whatever_its_case(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    asking = client.signed_in_as(owner)
    assert invite(asking, event, "moderator").status == 201
    again = invite(asking, event, "registrar", EMAIL.upper())
    assert (again.status, again.errors[0]["source"]["pointer"]) == (409, "/data/attributes/email")


def test_a_new_owner_invitation_takes_the_place_of_the_former(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    asking = client.signed_in_as(owner)
    for email in ("first@example.org", "second@example.org"):
        assert invite(asking, event, "owner", email).status == 201
    assert database.rows("SELECT email FROM role_invites") == [{"email": "second@example.org"}]


def test_only_the_invited_person_and_staff_see_the_token(client: Client) -> None:
    owner, invited = stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner)
    sent: RoleInvite = stored(make_role_invite, event=event, email=invited.email.upper())
    address = f"/v1/role-invites/{sent.id}"
    assert client.get(address).status == 404
    assert client.signed_in_as(stored(make_user)).get(address).status == 404
    unverified = stored(make_user, is_verified=False)
    other = stored(make_role_invite, event=event, email=unverified.email)
    assert client.signed_in_as(unverified).get(f"/v1/role-invites/{other.id}").status == 404
    team = client.signed_in_as(owner)
    assert "hash" not in team.get(address).data["attributes"]
    listed = team.get(f"/v1/events/{event.identifier}/role-invites").data
    assert len(listed) == 2
    assert not any("hash" in item["attributes"] for item in listed)
    assert team.get(f"/v1/events/{event.id}/role-invites?filter[hash]={sent.hash}").data == []
    for who in (invited, stored(make_user, is_admin=True)):
        assert client.signed_in_as(who).get(address).data["attributes"]["hash"] == sent.hash


def test_the_relationships_addresses_are_no_way_round(client: Client) -> None:
    event = stored(make_event)
    helper = stored(make_users_events_roles, event=event, role="coorganizer")
    organizer = stored(make_users_events_roles, event=event, role="organizer")
    sent = stored(make_role_invite, event=event)
    owner_role = {"data": {"type": "role", "id": str(stored(built_in, name="owner").id)}}
    path = f"/v1/role-invites/{sent.id}/relationships/role"
    assert client.patch(path, owner_role).status in {401, 404}
    assert client.signed_in_as(helper.user_id).patch(path, owner_role).status == 403
    assert client.signed_in_as(organizer.user_id).patch(path, owner_role).status == 403
    other = {"data": {"type": "event", "id": str(stored(make_event).id)}}
    path = f"/v1/role-invites/{sent.id}/relationships/event"
    assert client.signed_in_as(organizer.user_id).patch(path, other).status == 403


def test_a_yes_gives_the_role_and_verifies_the_address(client: Client, database: TestDatabase) -> None:
    invited = stored(make_user, is_verified=False)
    event = stored(make_event)
    sent = stored(make_role_invite, event=event, role="registrar", email=invited.email)
    assert client.post("/v1/role_invites/user", {"data": {"token": sent.hash}}).json == {
        "email": invited.email
    }
    for _ in range(2):
        reply = accept(client, sent.hash)
        assert reply.status == 200, reply.text
        assert (reply.json["event_identifier"], reply.json["role"]) == (event.identifier, "registrar")
    assert held(database, event) == {invited.id: "registrar"}
    assert database.one("SELECT is_verified FROM users WHERE id = :id", id=invited.id) is True
    assert accept(client, "made up").status == 404


def test_a_yes_waits_until_there_is_an_account(client: Client, database: TestDatabase) -> None:
    sent = stored(make_role_invite, email=EMAIL)
    assert accept(client, sent.hash).status == 404
    assert database.one("SELECT status FROM role_invites") == "pending"


def test_a_new_owner_makes_the_former_one_organizer_and_leaves_the_group(
    client: Client, database: TestDatabase
) -> None:
    former, successor = stored(make_user), stored(make_user)
    event = stored(make_event, owner=former, group_id=stored(make_group, user=former).id)
    sent = stored(make_role_invite, event=event, role="owner", email=successor.email)
    assert accept(client, sent.hash).status == 200
    assert held(database, event) == {former.id: "organizer", successor.id: "owner"}
    assert database.one("SELECT group_id FROM events WHERE id = :id", id=event.id) is None


def test_an_accepted_invitation_goes_with_the_role(client: Client, database: TestDatabase) -> None:
    owner, invited = stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner)
    sent = stored(make_role_invite, event=event, role="moderator", email=invited.email)
    assert accept(client, sent.hash).status == 200
    asking = client.signed_in_as(owner)
    assert asking.delete(f"/v1/role-invites/{sent.id}").status == 409
    held_id = database.one("SELECT id FROM users_events_roles WHERE user_id = :id", id=invited.id)
    assert asking.delete(f"/v1/users-events-roles/{held_id}").status == 200
    assert database.one("SELECT count(*) FROM role_invites") == 0
    assert invite(asking, event, "moderator", invited.email).status == 201
