"""The followers of a group hear of an event once, however it is announced."""

from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from chalicelib import clock
from chalicelib.settings import settings
from chalicelib.tasks import send_announcements
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.group import make_group
from tests.factories.user import make_user
from tests.factories.user_follow_group import make_user_follow_group
from tests.factories.users_groups_role import make_users_groups_role
from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump


class Scene(NamedTuple):
    """A group with an event, three followers and one who may get no mails."""

    client: Client
    database: TestDatabase
    pump: Pump
    owner: Any
    group: Any
    event: Any
    followers: list[str]

    def announce(self, who: Any = None, event: Any = None, method: str = "POST") -> Reply:
        asking = self.client.signed_in_as(who or self.owner)
        address = f"/v1/groups/{self.group.id}/events/{(event or self.event).identifier}/announce"
        return asking.request(method, address, content_type=None)

    def mails(self) -> list[str]:
        self.pump.everything()
        return sorted(mail["to"][0] for mail in self.pump.mails())


@pytest.fixture
def scene(client: Client, database: TestDatabase, pump: Pump) -> Scene:
    owner = stored(make_user)
    group = stored(make_group, user=owner, name="Harbour Culture")
    event = stored(make_event, owner=owner, name="Jazz Days", group_id=group.id)
    people = [stored(make_user) for _ in range(3)]
    for user in [*people, stored(make_user, is_verified=False)]:
        stored(make_user_follow_group, group=group, user=user)
    stored(make_user_follow_group)
    return Scene(client, database, pump, owner, group, event, sorted(user.email for user in people))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_each_follower_is_mailed_once(scene: Scene, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send_announcements, "BATCH", 2)
    reply = scene.announce(method=method)
    assert (reply.status, reply.json["success"], set(reply.json)) == (200, True, {"success", "message"})
    assert reply.headers["cache-control"] == "no-store"
    assert scene.mails() == scene.followers
    mail = scene.pump.mails()[0]
    assert mail["subject"] == "Harbour Culture announces Jazz Days"
    assert f"http://localhost:4200/e/{scene.event.identifier}" in mail["text"]
    assert scene.database.one("SELECT is_announced FROM events WHERE id = :id", id=scene.event.id) is True
    for again in ("GET", "POST"):
        assert scene.announce(method=again).status == 403
    # A reset, as by moving it to another group and back, does not mail the same people again.
    scene.database.run("UPDATE events SET is_announced = FALSE")
    assert scene.announce(method=method).status == 200
    assert scene.mails() == scene.followers


def test_the_owner_of_the_group_alone_announces(scene: Scene) -> None:
    organizer = stored(make_user)
    stored(
        make_users_groups_role, group=scene.group, user_id=organizer.id, email=organizer.email, accepted=True
    )
    path = f"/v1/groups/{scene.group.id}/events/{scene.event.id}/announce"
    assert scene.client.get(path).status == 401
    assert scene.client.post(path, content_type=None).status == 401
    assert scene.announce(who=organizer).status == 403
    assert scene.announce(who=stored(make_user), method="GET").status == 403
    assert scene.client.signed_in_as(scene.owner).request("HEAD", path).status == 405
    assert scene.announce(event=stored(make_event)).status == 403
    assert scene.announce(event=stored(make_event, state="draft")).status == 404
    draft = stored(make_event, state="draft", owner=scene.owner, group_id=scene.group.id)
    assert scene.announce(event=draft).status == 403
    private = stored(make_event, privacy="private", owner=scene.owner, group_id=scene.group.id)
    assert scene.announce(event=private).status == 403
    with clock.shifted(timedelta(days=4000)):
        assert scene.announce().status in {401, 403}
    scene.database.run("UPDATE events SET deleted_at = now() WHERE id = :id", id=scene.event.id)
    assert scene.announce().status == 404
    unknown = f"/v1/groups/999999/events/{scene.event.id}/announce"
    assert scene.client.signed_in_as(scene.owner).get(unknown).status == 404
    assert scene.client.signed_in_as(scene.owner).get(unknown.replace("999999", "x")).status == 404
    assert scene.mails() == []


def test_what_is_taken_back_meanwhile_is_not_mailed(scene: Scene) -> None:
    assert scene.announce().status == 200
    scene.database.run("UPDATE events SET state = 'draft'")
    assert scene.mails() == []
    scene.database.run("UPDATE events SET state = 'published', is_announced = FALSE")
    assert scene.announce().status == 200
    scene.pump.tasks()
    scene.database.run("DELETE FROM user_follow_groups WHERE id = (SELECT min(id) FROM user_follow_groups)")
    assert len(scene.mails()) == 2


def test_announcements_are_limited_by_get_and_by_post(
    scene: Scene, environment: pytest.MonkeyPatch, limits_on: None
) -> None:
    environment.setenv("LIMIT_ANNOUNCEMENTS", "2/1d")
    settings.cache_clear()
    statuses = []
    for method in ("GET", "POST", "GET"):
        scene.database.run("UPDATE events SET is_announced = FALSE")
        statuses.append(scene.announce(method=method).status)
    assert statuses == [200, 200, 429]


def test_what_a_blocked_owner_has_announced_is_not_mailed_any_more(scene: Scene) -> None:
    assert scene.announce().status == 200
    scene.database.run("UPDATE users SET is_blocked = TRUE WHERE id = :id", id=scene.owner.id)
    assert scene.mails() == []


def test_followers_unsubscribe_by_one_click_and_hear_of_no_other_event(scene: Scene) -> None:
    scene.announce()
    scene.pump.everything()
    mails = {mail["to"][0]: mail for mail in scene.pump.mails()}
    headers = {address: mail["headers"] for address, mail in mails.items()}
    assert {fields["list-unsubscribe-post"] for fields in headers.values()} == {"List-Unsubscribe=One-Click"}
    first, second, third = scene.followers
    links = {address: fields["list-unsubscribe"].strip("<>") for address, fields in headers.items()}
    assert links[first] in mails[first]["text"]
    assert links[first] in mails[first]["html"]
    paths = {address: link.removeprefix("https://api.example.org") for address, link in links.items()}
    suppressed = "SELECT email, kind, reason FROM mail_suppressions ORDER BY id"

    page = scene.client.get(paths[first], headers={"Accept-Language": "ar,en;q=0.5", "Accept": "text/html"})
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert 'dir="rtl"' in page.text
    assert first in page.text
    assert scene.database.rows(suppressed) == []

    form = "application/x-www-form-urlencoded"
    for body in (b"", b"List-Unsubscribe=No", b"List-Unsubscribe=One-Click&more=1", b"x" * 100_000):
        reply = scene.client.post(paths[first], body=body, content_type=form)
        assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, "/List-Unsubscribe")
    assert scene.client.post(f"{paths[first]}0", body=b"List-Unsubscribe=One-Click").status == 404
    parted = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    for _ in range(2):
        sent = scene.client.post(paths[first], body=b"List-Unsubscribe=One-Click", content_type=form)
        assert (sent.status, first in sent.text) == (200, True)
    assert (
        scene.client.post(paths[second], body=parted, content_type="multipart/form-data; boundary=x").status
        == 200
    )
    assert [tuple(row.values()) for row in scene.database.rows(suppressed)] == [
        (first.lower(), "announce_event", "unsubscribed"),
        (second.lower(), "announce_event", "unsubscribed"),
    ]

    another = stored(make_event, owner=scene.owner, name="Jazz Nights", group_id=scene.group.id)
    assert scene.announce(event=another).status == 200
    scene.pump.everything()
    assert [mail["to"] for mail in scene.pump.mails()[3:]] == [[third]]
    fates = "SELECT recipient, detail FROM mails WHERE state = 'suppressed' ORDER BY recipient"
    assert [row["recipient"] for row in scene.database.rows(fates)] == [first, second]
    owner = scene.client.signed_in_as(scene.owner)
    assert owner.get(f"/v1/events/{another.id}/mails").data == []
