"""From a token's id to a viewer: rights that come from the database, not from the token."""

import pytest

from chalicelib import db, signals
from chalicelib.auth import viewer
from chalicelib.auth.roles import COORGANIZERS, ORGANIZERS, OWNER
from chalicelib.auth.viewer import Kind
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.group import make_group
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.factories.users_groups_role import make_users_groups_role
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.statements import counted_statements


def test_a_viewer_holds_the_roles_of_each_event(database: TestDatabase) -> None:
    user = stored(make_user)
    owned = stored(make_event, owner=user)
    helped = stored(make_event)
    stored(make_users_events_roles, user=user, event=helped, role="coorganizer")
    with db.transaction() as session:
        found = viewer.load(session, user.id)
    assert found is not None
    assert (found.kind, found.email, found.is_verified) == (Kind.USER, user.email, True)
    assert found.events_with_role(OWNER) == found.events_with_role(ORGANIZERS) == [owned.id]
    assert found.events_with_role(COORGANIZERS) == sorted([owned.id, helped.id])
    assert found.has_role(COORGANIZERS, helped.id)
    assert not found.has_role(ORGANIZERS, helped.id)


def test_staff_is_told_from_super_admins(database: TestDatabase) -> None:
    admin, chief = stored(make_user, is_admin=True), stored(make_user, is_super_admin=True)
    with db.transaction() as session:
        found = [viewer.load(session, user.id) for user in (admin, chief)]
    assert [item and item.kind for item in found] == [Kind.STAFF, Kind.SUPER_ADMIN]
    assert all(item and item.has_role(OWNER, None) for item in found)


def test_unknown_blocked_and_deleted_accounts_are_nobody(database: TestDatabase) -> None:
    blocked = stored(make_user, is_blocked=True)
    deleted = stored(make_user, deleted_at=blocked.created_at)
    with db.transaction() as session:
        assert [viewer.load(session, id) for id in (blocked.id, deleted.id, 2**40)] == [None, None, None]


def test_who_asked_before_is_asked_about_along_with_the_question(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = client.signed_in_as(stored(make_user))
    for expected in (2, 2):  # the account and the question
        with counted_statements(monkeypatch) as seen:
            assert me.get("/v1/events").status == 200
        assert len(seen) == expected


@pytest.mark.parametrize("change", ["is_blocked = true", "deleted_at = now()"])
def test_an_account_that_was_closed_since_it_asked_last_is_refused(
    client: Client, database: TestDatabase, change: str
) -> None:
    user = stored(make_user)
    me = client.signed_in_as(user)
    assert me.get(f"/v1/users/{user.id}").status == 200
    database.run(f"UPDATE users SET {change}")
    assert me.get(f"/v1/users/{user.id}").status == 401
    assert me.get("/v1/events").status == 401


def test_a_role_that_was_lost_or_given_counts_at_once(client: Client, database: TestDatabase) -> None:
    owner, stranger = stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner, state="draft")
    mine, theirs = client.signed_in_as(owner), client.signed_in_as(stranger)
    address = f"/v1/events/{event.id}"
    assert (mine.get(address).status, theirs.get(address).status) == (200, 404)
    database.run("UPDATE users_events_roles SET user_id = :id", id=stranger.id)
    assert (mine.get(address).status, theirs.get(address).status) == (404, 200)


@pytest.mark.usefixtures("signals_on")
def test_nothing_stays_of_what_was_written_for_an_account_that_had_changed(
    client: Client, database: TestDatabase
) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    mine = client.signed_in_as(owner)
    wanted = document("track", {"name": "Hardware", "color": "#1f6feb"}, event=("event", event))
    assert mine.post("/v1/tracks", wanted).status == 201
    database.run("DELETE FROM users_events_roles")
    heard: list[object] = []

    def hear(_session: object, **payload: object) -> None:
        heard.append(payload)

    with signals.temporary_receiver("track.created", hear):
        assert mine.post("/v1/tracks", wanted).status == 403
    assert database.one("SELECT count(*) FROM tracks") == 1
    assert database.one("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 0


def test_what_somebody_may_as_organizer_of_a_group_counts_at_once(
    client: Client, database: TestDatabase
) -> None:
    user, group = stored(make_user), stored(make_group)
    event = stored(make_event, state="draft")
    mine = client.signed_in_as(user)
    address = f"/v1/events/{event.id}"

    def seen_after(change: str) -> int:
        database.run(change)
        return mine.get(address).status

    assert mine.get(address).status == 404
    stored(make_users_groups_role, user_id=user.id, group=group, accepted=False)
    assert mine.get(address).status == 404
    assert seen_after("UPDATE users_groups_roles SET accepted = true") == 404
    assert seen_after(f"UPDATE events SET group_id = {group.id} WHERE id = {event.id}") == 200
    assert seen_after("UPDATE groups SET deleted_at = now()") == 404
    assert seen_after("UPDATE groups SET deleted_at = NULL") == 200
    assert seen_after("UPDATE users_groups_roles SET accepted = false") == 404
