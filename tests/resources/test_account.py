"""From a token's id to a viewer: rights that come from the database, not from the token."""

from chalicelib import db
from chalicelib.auth import viewer
from chalicelib.auth.roles import COORGANIZERS, ORGANIZERS, OWNER
from chalicelib.auth.viewer import Kind
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase


def test_a_viewer_holds_the_roles_of_each_event(database: TestDatabase) -> None:
    user = stored(make_user)
    owned = stored(make_event, owner=user)
    helped = stored(make_event)
    stored(make_users_events_roles, user=user, event=helped, role="coorganizer")
    with db.transaction() as session:
        found = viewer.load(session, user.id)
    assert found is not None
    assert (found.kind, found.email, found.is_verified) == (Kind.USER, user.email, True)
    assert found.events_as(OWNER) == found.events_as(ORGANIZERS) == [owned.id]
    assert found.events_as(COORGANIZERS) == sorted([owned.id, helped.id])
    assert found.holds(COORGANIZERS, helped.id)
    assert not found.holds(ORGANIZERS, helped.id)


def test_staff_is_told_from_super_admins(database: TestDatabase) -> None:
    admin, chief = stored(make_user, is_admin=True), stored(make_user, is_super_admin=True)
    with db.transaction() as session:
        found = [viewer.load(session, user.id) for user in (admin, chief)]
    assert [one and one.kind for one in found] == [Kind.STAFF, Kind.SUPER_ADMIN]
    assert all(one and one.holds(OWNER, None) for one in found)


def test_unknown_blocked_and_deleted_accounts_are_nobody(database: TestDatabase) -> None:
    blocked = stored(make_user, is_blocked=True)
    deleted = stored(make_user, deleted_at=blocked.created_at)
    with db.transaction() as session:
        assert [viewer.load(session, id) for id in (blocked.id, deleted.id, 2**40)] == [None, None, None]
