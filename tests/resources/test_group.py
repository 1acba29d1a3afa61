"""Groups: their owner and organizers, the events that join them, and the people who follow."""

from typing import Any

import pytest

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.group import attributes, make_group
from tests.factories.user import make_user
from tests.factories.user_follow_group import make_user_follow_group
from tests.factories.users_events_roles import make_users_events_roles
from tests.factories.users_groups_role import make_users_groups_role
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client


def rename(client: Client, group: Any) -> int:
    return client.patch(f"/v1/groups/{group.id}", document("group", {"name": "Quay"}, group.id)).status


def test_verified_people_make_groups_and_own_them(client: Client) -> None:
    sent = document("group", attributes())
    assert client.post("/v1/groups", sent).status == 401
    assert client.signed_in_as(stored(make_user, is_verified=False)).post("/v1/groups", sent).status == 403
    user = stored(make_user)
    asking = client.signed_in_as(user)
    created = asking.post("/v1/groups", sent)
    assert created.status == 201, created.text
    owner = asking.get(f"/v1/groups/{created.data['id']}/user")
    assert owner.data["id"] == str(user.id)
    stolen = document("group", attributes(), user=("user", stored(make_user)))
    assert asking.post("/v1/groups", stolen).status == 403
    assert asking.post(f"/v1/users/{user.id}/groups", sent).status == 201
    assert len(asking.get(f"/v1/users/{user.id}/groups").data) == 2


def test_the_owner_and_accepted_organizers_of_this_group_change_it(client: Client) -> None:
    owner, organizer, invited, elsewhere = (stored(make_user) for _ in range(4))
    group = stored(make_group, user=owner)
    stored(make_users_groups_role, group=group, user_id=organizer.id, accepted=True)
    stored(make_users_groups_role, group=group, email=invited.email)
    stored(make_users_groups_role, user_id=elsewhere.id, accepted=True)
    found = {
        name: rename(client.signed_in_as(who), group)
        for name, who in {
            "owner": owner,
            "organizer": organizer,
            "invited": invited,
            "elsewhere": elsewhere,
        }.items()
    }
    assert found == {"owner": 200, "organizer": 200, "invited": 403, "elsewhere": 403}
    takeover = document("group", {}, group.id, user=("user", organizer))
    assert client.signed_in_as(organizer).patch(f"/v1/groups/{group.id}", takeover).status == 403


@pytest.mark.parametrize(
    ("role", "own_group", "status"),
    [("owner", True, 200), ("organizer", True, 403), ("owner", False, 403)],
)
def test_events_join_groups_by_their_owner_who_has_a_say_there(
    client: Client, database: TestDatabase, role: str, own_group: bool, status: int
) -> None:
    user = stored(make_user)
    event = stored(make_event, is_announced=True)
    stored(make_users_events_roles, user=user, event=event, role=role)
    group = stored(make_group, user=user if own_group else None)
    body = document("event", {}, event.id, group=("group", group))
    assert client.signed_in_as(user).patch(f"/v1/events/{event.id}", body).status == status
    linkage = {"data": [{"type": "event", "id": str(event.id)}]}
    other = client.signed_in_as(user).patch(f"/v1/groups/{group.id}/relationships/events", linkage)
    assert other.status in ({200, 204} if status == 200 else {403})
    found = database.rows("SELECT group_id, is_announced FROM events")
    assert found == [{"group_id": group.id if status == 200 else None, "is_announced": status != 200}]


def test_organizers_of_a_group_organize_its_events_and_no_others(client: Client) -> None:
    user = stored(make_user)
    group = stored(make_group)
    stored(make_users_groups_role, group=group, user_id=user.id, accepted=True)
    inside = stored(make_event, group_id=group.id, state="draft")
    outside = stored(make_event, state="draft")
    of_another = stored(make_event, group_id=stored(make_group).id, state="draft")
    asking = client.signed_in_as(user)
    assert [asking.get(f"/v1/events/{item.id}").status for item in (inside, outside, of_another)] == [
        200,
        404,
        404,
    ]
    assert len(asking.get(f"/v1/groups/{group.id}/events").data) == 1
    assert client.get(f"/v1/groups/{group.id}/events").data == []


def test_followers_are_counted_and_everybody_knows_their_own_record(client: Client) -> None:
    group, user = stored(make_group), stored(make_user)
    stored(make_user_follow_group, group=group)
    asking = client.signed_in_as(user)
    follow = document("user-follow-group", {}, group=("group", group))
    assert client.post("/v1/user-follow-groups", follow).status == 401
    created = asking.post("/v1/user-follow-groups", follow)
    assert created.status == 201, created.text
    assert asking.post("/v1/user-follow-groups", follow).status == 409
    shown = asking.get(f"/v1/groups/{group.id}?include=follower").data
    assert shown["attributes"]["follower-count"] == 2
    assert shown["relationships"]["follower"]["data"]["id"] == created.data["id"]
    assert (
        client.get(f"/v1/groups/{group.id}?include=follower").data["relationships"]["follower"]["data"]
        is None
    )
    assert len(asking.get(f"/v1/groups/{group.id}/followers").data) == 2
    assert len(asking.get(f"/v1/users/{user.id}/followed-groups").data) == 1
    address = f"/v1/user-follow-groups/{created.data['id']}"
    assert client.signed_in_as(stored(make_user)).delete(address).status == 403
    assert asking.delete(address).status == 200


def test_every_change_shows_in_modified_at(client: Client) -> None:
    owner = stored(make_user)
    group = stored(make_group, user=owner)
    assert rename(client.signed_in_as(owner), group) == 200
    shown = client.get(f"/v1/groups/{group.id}").data["attributes"]
    assert shown["modified-at"] > shown["created-at"]
