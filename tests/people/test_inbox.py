"""The inbox: groups of notifications, how many are unread, marking them read, and one statement for a list."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock, db
from chalicelib.resources.people.notification import inbox, old_notifications
from chalicelib.resources.people.profile.rows import Holder, take_in
from chalicelib.settings import settings
from chalicelib.tasks.notify import LARGEST_GROUP, NewNotification, notify
from devstack.database import connected
from tests.factories import stored
from tests.factories.notification import make_notification
from tests.factories.user import make_user
from tests.people.acting import Person
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.support.statements import counted_statements

UNREAD, READ = "/v1/users/me/unread-notifications", "/v1/users/me/read-notifications"
PLAIN = "application/json"


def tell(
    users: list[Any], *actors: Any, kind: str = "new_session", target: int = 7, word: str = "one", **more: Any
) -> None:
    """Notify them, as tasks do."""
    news = NewNotification(
        kind=kind,
        title=f"News {word}",
        message=f"Message {word}.",
        target_type="Session",
        target_id=target,
        target_action="create",
        actor_ids=tuple(actor.id for actor in actors),
        details={"word": word},
    )
    with db.transaction() as session:
        notify(session, news, [user.id for user in users], **more)


def listed(client: Client, user: Any, query: str = "") -> list[dict[str, Any]]:
    reply = client.get(f"/v1/users/{user.id}/notifications{query}")
    assert reply.status == 200, reply.text
    return [item["attributes"] | {"id": item["id"]} for item in reply.data]


def test_what_is_told_again_before_it_is_read_joins_the_group(client: Client) -> None:
    ada, grace, alan = stored(make_user), stored(make_user), stored(make_user)
    reader = client.signed_in_as(ada)
    tell([ada], grace, word="one")
    (first,) = listed(reader, ada)
    assert (first["count"], first["first-received-at"]) == (1, None)
    tell([ada], alan, word="two")
    tell([ada], grace, word="three", target=8)
    other, group = sorted(listed(reader, ada), key=lambda item: item["count"])
    assert (other["count"], other["title"], other["content"]["word"]) == (1, "News three", "three")
    # Former clients see one whole notification: the newest.
    assert (group["id"], group["title"], group["message"]) == (first["id"], "News two", "Message two.")
    assert (group["content"]["word"], group["kind"], group["is-read"]) == ("two", "new_session", False)
    assert [actor["id"] for actor in group["content"]["actors"]] == sorted([grace.id, alan.id])
    assert (group["count"], group["first-received-at"]) == (2, first["received-at"])
    assert group["received-at"] > first["received-at"]
    assert (first["earlier"], other["earlier"]) == ([], [])
    assert group["earlier"] == [{"title": "News one", "message": "Message one.", "target_action": "create"}]


def test_no_text_of_a_group_is_lost_before_it_is_read(client: Client, database: TestDatabase) -> None:
    ada = stored(make_user)
    words = [f"{number}" for number in range(2 * LARGEST_GROUP + 3)]
    for word in words:
        tell([ada], word=word)
    with db.transaction() as session:
        old_notifications.forget_texts(session, 0)
    groups = listed(client.signed_in_as(ada), ada)
    assert [group["count"] for group in groups] == [3, LARGEST_GROUP, LARGEST_GROUP]
    told = [
        text for group in groups for text in (group["title"], *(old["title"] for old in group["earlier"]))
    ]
    assert told == [f"News {word}" for word in reversed(words)]


def test_a_group_ends_when_it_is_read_and_one_that_is_unread_again_stays_alone(client: Client) -> None:
    ada = stored(make_user)
    reader = client.signed_in_as(ada)
    tell([ada], word="one")
    (first,) = listed(reader, ada)
    path = f"/v1/notifications/{first['id']}"
    assert reader.patch(path, document("notification", {"is-read": True}, first["id"])).status == 200
    tell([ada], word="two")
    assert [item["title"] for item in listed(reader, ada)] == ["News two", "News one"]
    assert reader.patch(path, document("notification", {"is-read": False}, first["id"])).status == 200
    tell([ada], word="three")
    assert [(item["title"], item["count"]) for item in listed(reader, ada)] == [
        ("News three", 2),
        ("News one", 1),
    ]


def test_each_profile_and_each_reader_has_groups_of_their_own(client: Client) -> None:
    ada, grace = Person(client), stored(make_user)
    for profile in (None, ada.museum.id, ada.museum.id):
        tell([ada.user, grace], profiles={ada.user.id: profile})
    counts = {item["profile-id"]: item["count"] for item in listed(ada.under(), ada.user)}
    assert counts == {None: 1, ada.museum.id: 2}
    assert [item["count"] for item in listed(client.signed_in_as(grace), grace)] == [3]


def test_two_that_are_told_at_once_are_one_group(client: Client, database: TestDatabase) -> None:
    ada = stored(make_user)
    with connected(database.url) as other, ThreadPoolExecutor(1) as threads:
        other.run("BEGIN")
        other.run(
            "WITH content AS (INSERT INTO notification_contents (type, title) VALUES ('new_session', 'News zero') "
            "RETURNING id) INSERT INTO notifications (user_id, content_id, created_at, is_read, group_key) "
            f"SELECT {ada.id}, id, now(), false, 'new_session/Session/7' FROM content"
        )
        telling = threads.submit(tell, [ada], word="one")
        while not database.one("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            assert not telling.done(), telling.result()
        other.run("COMMIT")
        telling.result()
    (group,) = listed(client.signed_in_as(ada), ada)
    assert (group["count"], group["title"]) == (2, "News one")
    assert [old["title"] for old in group["earlier"]] == ["News zero"]


def test_an_account_that_joins_keeps_its_notifications_beside_those_of_the_same_target(
    client: Client, database: TestDatabase
) -> None:
    ada, former = stored(make_user), stored(make_user)
    tell([ada, former])
    with db.transaction() as session:
        take_in(session, former.id, Holder(ada.id))
    assert [item["count"] for item in listed(client.signed_in_as(ada), ada)] == [1, 1]
    tell([ada], word="two")
    assert database.one("SELECT sum(count) FROM notifications") == 3


def test_a_list_is_filtered_by_kind_profile_and_is_read_in_one_statement(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = Person(client)
    for number in range(30):
        profile = {ada.user.id: ada.club.id if number % 2 else None}
        kind = "new_session" if number % 3 else "event_role"
        tell([ada.user], kind=kind, target=number, profiles=profile)
    reader = ada.under()
    filters = (
        f"?filter[kind]=event_role&filter[profile-id]={ada.club.id}&filter[is-read]=false&page[size]=3"
        "&sort=-received-at"
    )
    listed(reader, ada.user, filters)
    with counted_statements(monkeypatch) as seen:
        found = listed(reader, ada.user, filters)
    assert len([sql for sql in seen if "notification" in sql]) == 1
    assert [(item["kind"], item["profile-id"]) for item in found] == [("event_role", ada.club.id)] * 3


def test_unread_ones_are_counted_by_kind_and_profile(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, grace = Person(client), stored(make_user)
    tell([ada.user, grace], target=1)
    tell([ada.user], target=2, profiles={ada.user.id: ada.museum.id})
    tell([ada.user], kind="event_role", target=3)
    stored(make_notification, user=ada.user, is_read=True)
    with counted_statements(monkeypatch) as seen:
        reply = ada.under(ada.museum).get(UNREAD)
    assert len([sql for sql in seen if "notification" in sql]) == 1
    assert (reply.status, reply.json) == (
        200,
        {
            "count": 3,
            "kinds": {"event_role": 1, "new_session": 2},
            "profiles": [{"profile-id": None, "count": 2}, {"profile-id": ada.museum.id, "count": 1}],
        },
    )
    assert client.get(UNREAD).status == 401


def test_all_are_marked_read_or_those_that_are_named(client: Client) -> None:
    ada, grace = Person(client), stored(make_user)
    tell([ada.user, grace], target=1)
    tell([ada.user], target=2, profiles={ada.user.id: ada.museum.id})
    tell([ada.user], kind="event_role", target=3)
    asking = ada.under()
    until = listed(asking, ada.user, "?sort=received-at")[0]["received-at"]
    for body, marked, unread in [
        ({"until": until, "kind": "event_role"}, 0, 3),
        ({"profile-id": ada.museum.id}, 1, 2),
        ({"until": until}, 1, 1),
        ({}, 1, 0),
        (None, 0, 0),
    ]:
        reply = asking.post(READ, body, content_type=PLAIN)
        assert (reply.status, reply.json) == (200, {"marked": marked, "unread": unread})
    assert client.signed_in_as(grace).get(UNREAD).json["count"] == 1
    assert client.post(READ, {}, content_type=PLAIN).status == 401


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "gossip"}, "/kind"),
        ({"until": "soon"}, "/until"),
        ({"profile-id": "one"}, "/profile-id"),
        ({"all": True}, "/all"),
        ([], ""),
    ],
)
def test_what_is_not_understood_marks_nothing(client: Client, body: Any, pointer: str) -> None:
    ada = stored(make_user)
    tell([ada])
    reply = client.signed_in_as(ada).post(READ, body, content_type=PLAIN)
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, pointer)
    assert client.signed_in_as(ada).get(UNREAD).json["count"] == 1


def test_so_many_are_marked_at_once_and_the_rest_with_the_next_request(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "_MARK", inbox._MARK.replace("LIMIT 5000", "LIMIT 2"))
    ada = stored(make_user)
    for target in range(3):
        tell([ada], target=target)
    asking = client.signed_in_as(ada)
    answers = [asking.post(READ, None, content_type=PLAIN).json for _ in range(2)]
    assert answers == [{"marked": 2, "unread": 1}, {"marked": 1, "unread": 0}]


def test_what_was_read_long_ago_is_forgotten_in_batches_with_its_text(
    pump: Pump, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = old_notifications._FORGET_TEXTS.replace("LIMIT 1000", "LIMIT 2")
    monkeypatch.setattr(old_notifications, "_FORGET_TEXTS", texts)
    monkeypatch.setattr(old_notifications, "RETENTION", replace(old_notifications.RETENTION, batch=2))
    ada, now = stored(make_user), clock.now()
    long_ago = now - timedelta(days=800)
    for _ in range(5):
        stored(make_notification, user=ada, is_read=True, created_at=long_ago)
    kept = [
        stored(make_notification, user=ada, is_read=True),
        stored(make_notification, user=ada, is_read=False, created_at=long_ago),
    ]
    tell([ada], word="one")
    tell([ada], word="two")  # the group keeps both texts
    for _ in range(2):
        pump.tick("sweep_outbox")
    pump.everything()
    ids = [row["id"] for row in database.rows("SELECT id FROM notifications ORDER BY id")]
    assert ids[:2] == [row.id for row in kept]
    assert len(ids) == 3
    assert database.one("SELECT count(*) FROM notification_contents") == 4
    job = database.rows("SELECT runs, handled FROM scheduled_jobs WHERE name = 'forget_notifications'")
    assert job == [{"runs": 1, "handled": 5}]


def test_nothing_is_forgotten_where_notifications_are_kept_forever(
    pump: Pump, database: TestDatabase, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("NOTIFICATION_DAYS", "0")
    settings.cache_clear()
    now = clock.now()
    stored(make_notification, is_read=True, created_at=now - timedelta(days=9 * 366))
    pump.tick("sweep_outbox")
    pump.everything()
    assert database.one("SELECT count(*) FROM notifications") == 1


def test_a_misspelt_parameter_marks_and_counts_nothing(client: Client) -> None:
    user = stored(make_user)
    tell([user])
    asking = client.signed_in_as(user)
    for reply in (asking.get(f"{UNREAD}?kinds=new_session"), asking.post(f"{READ}?kind=event_role")):
        assert (reply.status, "parameter" in reply.errors[0]["source"]) == (400, True)
    assert asking.get(UNREAD).json["count"] == 1
