"""How an action gets a row: what the viewer sees of it and holds there, in one statement."""

import pytest

from chalicelib import clock
from chalicelib.auth.roles import COORGANIZERS, REGISTRARS
from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.model import context as contexts
from chalicelib.jsonapi.rights.visibility import has_role_at, visible, visible_to_team
from chalicelib.resources import REGISTRY
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.statements import counted_statements

pytestmark = pytest.mark.usefixtures("database")


def status(user_id: int | None, type: str, key: str, *, team: bool = False) -> int:
    """200, or the status with which the viewer is refused."""
    with contexts.open_context(REGISTRY, user_id=user_id) as context:
        try:
            if team:
                visible_to_team(context, type, key, roles=COORGANIZERS)
            else:
                visible(context, type, key)
        except Problem as refusal:
            return refusal.status
    return 200


def test_an_event_is_there_for_whoever_the_noun_says_that_sees_it() -> None:
    owner, stranger = stored(make_user), stored(make_user)
    draft, shown = stored(make_event, owner=owner, state="draft"), stored(make_event)
    for viewer, expected in ((owner.id, 200), (stranger.id, 404), (None, 404)):
        for key in (str(draft.id), draft.identifier):
            assert status(viewer, "event", key) == expected
        assert status(viewer, "event", str(shown.id)) == 200
        assert status(viewer, "event", "4711") == status(viewer, "event", "nowhere") == 404
        assert status(viewer, "faq", "no-identifier") == 404


def test_a_row_in_the_trash_is_there_for_nobody() -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, deleted_at=clock.now())
    assert status(owner.id, "event", str(event.id)) == 404
    assert status(stored(make_user, is_super_admin=True).id, "event", str(event.id)) == 404


def test_other_nouns_are_asked_for_their_own_rule_and_roles_count_at_their_event() -> None:
    owner, stranger = stored(make_user), stored(make_user)
    attendee = stored(make_attendee, event=stored(make_event, owner=owner))
    with contexts.open_context(REGISTRY, user_id=owner.id) as context:
        found = visible(
            context, "attendee", str(attendee.id), "attendee.event_id + $4", [1], roles=REGISTRARS
        )
    assert (found.id, found.has_role, found.value) == (attendee.id, True, attendee.event_id + 1)
    assert status(stranger.id, "attendee", str(attendee.id)) == 404
    # Types that are words of SQL's.
    assert status(owner.id, "order", str(attendee.order_id)) == status(owner.id, "user", str(owner.id)) == 200
    assert status(stranger.id, "user", str(owner.id)) == 404


def test_the_team_alone_is_told_what_is_for_the_team() -> None:
    owner, staff = stored(make_user), stored(make_user, is_admin=True)
    shown, draft = stored(make_event, owner=owner), stored(make_event, owner=owner, state="draft")
    stranger = stored(make_user).id
    for viewer, event, expected in (
        *((owner.id, shown, 200), (owner.id, draft, 200), (staff.id, draft, 200)),
        *((stranger, shown, 403), (stranger, draft, 404), (None, shown, 401), (None, draft, 401)),
    ):
        assert status(viewer, "event", str(event.id), team=True) == expected


def test_a_role_counts_where_its_holder_sees_the_event() -> None:
    registrar = stored(make_user)
    shown, draft = stored(make_event), stored(make_event, state="draft")
    for event in (shown, draft):
        stored(make_users_events_roles, user=registrar, event=event, role="registrar")
    with contexts.open_context(REGISTRY, user_id=registrar.id) as context:
        assert has_role_at(context, "event", shown.id, REGISTRARS)
        assert not has_role_at(context, "event", shown.id, COORGANIZERS)
        assert not has_role_at(context, "event", draft.id, REGISTRARS)


def test_each_takes_one_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    with (
        contexts.open_context(REGISTRY, user_id=owner.id) as context,
        counted_statements(monkeypatch) as seen,
    ):
        visible_to_team(context, "event", str(event.id), "event.name", roles=COORGANIZERS)
        assert len(seen) == 1
        assert not has_role_at(context, "event", event.id + 1, COORGANIZERS)
        assert len(seen) == 1
