"""What staff is told in numbers: counted when asked, and told to nobody else."""

from datetime import timedelta

import pytest

from chalicelib import clock
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.group import make_group
from tests.factories.mail import make_mail
from tests.factories.session import make_session
from tests.factories.user import make_user
from tests.factories.user_follow_group import make_user_follow_group
from tests.support.http_client import Client

KINDS = ["events", "groups", "mails", "sessions", "users"]


@pytest.fixture
def admin(client: Client) -> Client:
    return client.signed_in_as(stored(make_user, is_admin=True))


def told(client: Client, kind: str) -> dict[str, int]:
    data = client.get(f"/v1/admin/statistics/{kind}").data
    assert (data["type"], data["id"]) == (f"admin-statistics-{kind[:-1]}", "1")
    counts: dict[str, int] = data["attributes"]
    return counts


@pytest.mark.parametrize("kind", KINDS)
def test_staff_is_told_and_nobody_else(client: Client, admin: Client, kind: str) -> None:
    address = f"/v1/admin/statistics/{kind}"
    assert client.get(address).status in {401, 404}
    assert client.signed_in_as(stored(make_user)).get(address).status in {403, 404}
    assert all(isinstance(count, int) for count in told(admin, kind).values())


def test_events_are_counted_by_state_until_they_are_over(admin: Client) -> None:
    past = clock.now() - timedelta(days=3)
    stored(make_event)
    stored(make_event, deleted_at=clock.now())
    stored(make_event, state="draft")
    stored(make_event, state="draft", starts_at=past - timedelta(days=1), ends_at=past)
    assert told(admin, "events") == {"draft": 1, "published": 1, "past": 1}


def test_sessions_are_counted_by_state(admin: Client) -> None:
    event = stored(make_event)
    stored(make_session, event=event, state="accepted")
    stored(make_session, event=event, state="accepted", deleted_at=clock.now())
    stored(make_session, event=event, state="rejected")
    found = told(admin, "sessions")
    assert (found["accepted"], found["rejected"], found["submitted"], found["draft"]) == (1, 1, 0, 0)


def test_mails_are_counted_by_age(admin: Client) -> None:
    for days in (0, 2, 5, 20, 40):
        stored(make_mail, time=clock.now() - timedelta(days=days, hours=1))
    assert told(admin, "mails") == {"one-day": 1, "three-days": 2, "seven-days": 3, "thirty-days": 4}


def test_groups_are_counted_with_what_is_in_them(admin: Client) -> None:
    group, gone = stored(make_group), stored(make_group, deleted_at=clock.now())
    for _ in range(2):
        stored(make_user_follow_group, group=group)
    stored(make_user_follow_group, group=gone)
    stored(make_event, group_id=group.id)
    stored(make_event)
    assert told(admin, "groups") == {"groups": 1, "group-events": 1, "followers": 2}


def test_people_are_counted_by_kind_and_once_for_each_role(admin: Client) -> None:
    owner = stored(make_user)
    for _ in range(2):
        stored(make_event, owner=owner)
    stored(make_user, is_verified=False)
    stored(make_user, deleted_at=clock.now())
    found = told(admin, "users")
    assert (found["owner"], found["organizer"]) == (1, 0)
    assert (found["verified"], found["unverified"]) == (2, 1)
    assert (found["admin"], found["super-admin"]) == (1, 0)
