"""Nobody decides about a role above their own, whichever way they try: giving, taking away, or inviting."""

from typing import Any

import pytest

from chalicelib.auth.roles import (
    ATTENDEE_ROLE,
    BUILT_IN,
    COORGANIZER_ROLE,
    MODERATOR_ROLE,
    ORGANIZER_ROLE,
    OWNER_ROLE,
    REGISTRAR_ROLE,
    TRACK_ORGANIZER_ROLE,
)
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.role import built_in
from tests.factories.role_invite import make_role_invite
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply

RANK = {OWNER_ROLE: 3, ORGANIZER_ROLE: 2, COORGANIZER_ROLE: 1}
VIEWERS = (OWNER_ROLE, ORGANIZER_ROLE, COORGANIZER_ROLE, TRACK_ORGANIZER_ROLE, MODERATOR_ROLE, REGISTRAR_ROLE)


def role(name: str) -> tuple[str, int]:
    return ("role", stored(built_in, name=name).id)


def demote(asking: Client, held: Any) -> Reply:
    body = document("users-events-roles", {}, held.id, role=role(ATTENDEE_ROLE))
    return asking.patch(f"/v1/users-events-roles/{held.id}", body)


def demote_by_relationship(asking: Client, held: Any) -> Reply:
    type, id = role(ATTENDEE_ROLE)
    address = f"/v1/users-events-roles/{held.id}/relationships/role"
    return asking.patch(address, {"data": {"type": type, "id": str(id)}})


def take_away(asking: Client, held: Any) -> Reply:
    return asking.delete(f"/v1/users-events-roles/{held.id}")


def take_away_by_relationship(asking: Client, held: Any) -> Reply:
    body = {"data": [{"type": "users-events-roles", "id": str(held.id)}]}
    return asking.delete(f"/v1/events/{held.event_id}/relationships/roles", body)


@pytest.mark.parametrize("who", VIEWERS)
@pytest.mark.parametrize("name", BUILT_IN)
def test_whoever_may_demote_somebody_may_remove_them_and_nobody_else(
    client: Client, database: TestDatabase, who: str, name: str
) -> None:
    event = stored(make_event)
    asking = client.signed_in_as(stored(make_users_events_roles, event=event, role=who).user_id)
    decides = RANK.get(who, 0) >= max(RANK.get(name, 0), 1) and name != OWNER_ROLE
    held = stored(make_users_events_roles, event=event, role=name)
    everybody = "SELECT user_id, role_id FROM users_events_roles ORDER BY id"
    before = database.rows(everybody)
    assert take_away_by_relationship(asking, held).status in {403, 404}
    for way in (demote, demote_by_relationship):
        other = stored(make_users_events_roles, event=event, role=name)
        outcome = way(asking, other).status
        assert (outcome in {200, 204}) == decides, (way, outcome)
        database.run("DELETE FROM users_events_roles WHERE id = :id", id=other.id)
    outcome = take_away(asking, held).status
    assert (outcome == 200) == decides, outcome
    if not decides:
        assert outcome in {403, 404}
        assert database.rows(everybody) == before


@pytest.mark.parametrize("who", VIEWERS)
@pytest.mark.parametrize("name", [OWNER_ROLE, ORGANIZER_ROLE, REGISTRAR_ROLE])
def test_whoever_may_invite_to_a_role_may_take_it_back_and_nobody_else(
    client: Client, database: TestDatabase, who: str, name: str
) -> None:
    event = stored(make_event)
    asking = client.signed_in_as(stored(make_users_events_roles, event=event, role=who).user_id)
    # Inviting at all is for the organizers.
    decides = RANK.get(who, 0) >= max(RANK.get(name, 0), RANK[ORGANIZER_ROLE])
    sent = document("role-invite", {"email": "helper@example.org"}, event=("event", event), role=role(name))
    assert (asking.post("/v1/role-invites", sent).status == 201) == decides
    database.run("DELETE FROM role_invites")
    waiting = stored(make_role_invite, event=event, role=name)
    address = f"/v1/role-invites/{waiting.id}"
    changed = {"data": {"type": "role", "id": str(role(TRACK_ORGANIZER_ROLE)[1])}}
    assert (asking.patch(f"{address}/relationships/role", changed).status in {200, 204}) == decides
    database.run("UPDATE role_invites SET role_id = :id, role_name = :name", id=role(name)[1], name=name)
    assert (asking.delete(address).status == 200) == decides


def test_staff_decides_about_all_but_the_owner(client: Client) -> None:
    event = stored(make_event, owner=stored(make_user))
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    held = stored(make_users_events_roles, event=event, role=ORGANIZER_ROLE)
    assert take_away(staff, held).status == 200
    (owned,) = staff.get(f"/v1/events/{event.id}/roles").data
    assert staff.delete(f"/v1/users-events-roles/{owned['id']}").status == 403
