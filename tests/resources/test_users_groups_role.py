"""Helpers of a group: invited by its owner, known once they accept with their own account."""

from typing import Any

from tests.factories import stored
from tests.factories.group import make_group
from tests.factories.role import built_in
from tests.factories.user import make_user
from tests.factories.users_groups_role import make_users_groups_role
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump


def invite(client: Client, group: Any, email: str, role: str = "organizer") -> Reply:
    links = {"group": ("group", group), "role": ("role", stored(built_in, name=role))}
    return client.post("/v1/users-groups-roles", document("users-groups-role", {"email": email}, **links))


def test_the_owner_invites_organizers_and_nobody_else_does(client: Client) -> None:
    owner = stored(make_user)
    group = stored(make_group, user=owner)
    asking = client.signed_in_as(owner)
    assert invite(client.signed_in_as(stored(make_user)), group, "a@example.org").status == 403
    assert invite(asking, group, "a@example.org", "moderator").status == 403
    sent = invite(asking, group, "a@example.org")
    assert (sent.status, "token" in sent.data["attributes"]) == (201, False)
    assert invite(asking, group, "A@example.org").status == 409
    assert len(asking.get(f"/v1/groups/{group.id}/users-groups-roles").data) == 1
    assert client.get(f"/v1/users-groups-roles/{sent.data['id']}").status == 404


def test_who_is_invited_accepts_with_their_own_account(
    client: Client, database: TestDatabase, pump: Pump
) -> None:
    owner, invited = stored(make_user), stored(make_user)
    group = stored(make_group, user=owner)
    assert invite(client.signed_in_as(owner), group, invited.email).status == 201
    pump.everything()
    assert [mail["to"] for mail in pump.mails()] == [[invited.email]]
    token = database.one("SELECT token FROM users_groups_roles")
    path, body = "/v1/users-groups-roles/accept-invite", {"data": {"token": token}}
    assert client.post(path, body).status == 401
    assert client.signed_in_as(owner).post(path, body).status == 403
    assert client.signed_in_as(invited).post(path, {"data": {"token": "made up"}}).status == 404
    assert client.signed_in_as(invited).post(path, body).json["group_id"] == group.id
    assert database.rows("SELECT user_id, accepted FROM users_groups_roles") == [
        {"user_id": invited.id, "accepted": True}
    ]


def test_nobody_is_made_an_organizer_by_others(client: Client, database: TestDatabase) -> None:
    owner, friend = stored(make_user), stored(make_user)
    waiting = stored(make_users_groups_role, group=stored(make_group, user=owner))
    body = {"data": {"type": "user", "id": str(friend.id)}}
    path = f"/v1/users-groups-roles/{waiting.id}/relationships/user"
    assert client.signed_in_as(friend).patch(path, body).status == 404
    assert client.signed_in_as(owner).patch(path, body).status == 403
    moved = {"data": {"type": "group", "id": str(stored(make_group).id)}}
    path = f"/v1/users-groups-roles/{waiting.id}/relationships/group"
    assert client.signed_in_as(owner).patch(path, moved).status == 403


def test_owners_remove_helpers_and_helpers_leave(client: Client) -> None:
    owner, helper = stored(make_user), stored(make_user)
    group = stored(make_group, user=owner)
    held = stored(make_users_groups_role, group=group, user_id=helper.id, email=helper.email, accepted=True)
    other = stored(make_users_groups_role, group=group)
    asking = client.signed_in_as(helper)
    assert asking.delete(f"/v1/users-groups-roles/{other.id}").status == 403
    assert asking.delete(f"/v1/users-groups-roles/{held.id}").status == 200
    assert client.signed_in_as(owner).delete(f"/v1/users-groups-roles/{other.id}").status == 200


def test_only_the_owner_has_it_mailed_again(client: Client) -> None:
    owner = stored(make_user)
    group = stored(make_group, user=owner)
    waiting = stored(make_users_groups_role, group=group)
    accepted = stored(make_users_groups_role, group=group, accepted=True)
    path = "/v1/group-role-invites/{}/resend-invite"
    assert client.post(path.format(waiting.id)).status == 401
    assert client.signed_in_as(stored(make_user)).post(path.format(waiting.id)).status == 404
    assert client.signed_in_as(owner).post(path.format(waiting.id)).status == 200
    assert client.signed_in_as(owner).post(path.format(accepted.id)).status == 409
