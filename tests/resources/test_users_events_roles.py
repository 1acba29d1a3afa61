"""Who holds which role: kept by the team, with the owner safe from all of them."""

import pytest

from chalicelib.resources.access.users_events_roles import UsersEventsRoles
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.role import built_in
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply


def give(client: Client, held: UsersEventsRoles, role: str) -> Reply:
    role_id = stored(built_in, name=role).id
    body = document("users-events-roles", {}, held.id, role=("role", role_id))
    return client.patch(f"/v1/users-events-roles/{held.id}", body)


def test_the_team_reads_and_strangers_do_not(client: Client) -> None:
    held = stored(make_users_events_roles)
    path = f"/v1/users-events-roles/{held.id}"
    assert client.signed_in_as(held.user_id).get(path).status == 200
    assert client.get(path).status == 404
    assert client.get(f"{path}/relationships/user").status == 404
    assert client.signed_in_as(stored(make_user)).get(path).status == 404


def test_there_is_no_way_to_create_one(client: Client) -> None:
    admin = client.signed_in_as(stored(make_user, is_admin=True))
    assert admin.post("/v1/users-events-roles", document("users-events-roles")).status == 405


def test_a_team_member_can_be_removed_and_the_owner_cannot(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    held = stored(make_users_events_roles, event=event)
    asking = client.signed_in_as(held.user_id)
    roles = asking.get(f"/v1/events/{event.id}/roles").data
    (owned,) = [role["id"] for role in roles if role["id"] != str(held.id)]
    assert asking.delete(f"/v1/users-events-roles/{owned}").status == 403
    assert client.signed_in_as(stored(make_user)).delete(f"/v1/users-events-roles/{held.id}").status == 404
    assert client.signed_in_as(owner).delete(f"/v1/users-events-roles/{held.id}").status == 200
    assert asking.get(f"/v1/users-events-roles/{held.id}").status == 404


@pytest.mark.parametrize(
    ("who", "role", "status"),
    [
        ("coorganizer", "moderator", 200),
        ("coorganizer", "organizer", 403),
        ("organizer", "organizer", 200),
        ("organizer", "owner", 403),
        ("owner", "owner", 403),
    ],
)
def test_nobody_gives_more_than_they_may(client: Client, who: str, role: str, status: int) -> None:
    event = stored(make_event)
    giver = stored(make_users_events_roles, event=event, role=who)
    held = stored(make_users_events_roles, event=event, role="registrar")
    reply = give(client.signed_in_as(giver.user_id), held, role)
    assert reply.status == status, reply.text


def test_a_role_stays_at_its_event_and_with_its_person(client: Client) -> None:
    event = stored(make_event)
    giver = stored(make_users_events_roles, event=event, role="organizer")
    held = stored(make_users_events_roles, event=event, role="registrar")
    other = stored(make_event)
    stored(make_users_events_roles, event=other, user=None, role="organizer")
    asking = client.signed_in_as(giver.user_id)
    for link in ({"user": ("user", giver.user_id)}, {"event": ("event", other)}):
        body = document("users-events-roles", {}, held.id, **link)
        assert asking.patch(f"/v1/users-events-roles/{held.id}", body).status == 403


def test_the_relationships_own_addresses_are_no_way_round(client: Client, database: TestDatabase) -> None:
    event, other = stored(make_event), stored(make_event)
    giver = stored(make_users_events_roles, event=event, role="coorganizer")
    held = stored(make_users_events_roles, event=other, role="owner")
    asking = client.signed_in_as(giver.user_id)
    owner = {"type": "role", "id": str(stored(built_in, name="owner").id)}
    path = f"/v1/users-events-roles/{giver.id}/relationships/role"
    assert client.patch(path, {"data": owner}).status in {401, 404}
    assert asking.patch(path, {"data": owner}).status == 403
    stolen = {"data": [{"type": "users-events-roles", "id": str(held.id)}]}
    assert asking.post(f"/v1/events/{event.id}/relationships/roles", stolen).status in {403, 404}
    found = database.rows("SELECT user_id, event_id FROM users_events_roles ORDER BY id")
    assert found == [
        {"user_id": giver.user_id, "event_id": event.id},
        {"user_id": held.user_id, "event_id": other.id},
    ]
