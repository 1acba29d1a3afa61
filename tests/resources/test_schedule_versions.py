"""Versions of a schedule: numbered, immutable, compared with each other; and who hears about a new one."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.resources.people.user.user import User
from tests.factories import stored
from tests.factories.email_notification import make_email_notification
from tests.factories.speaker import make_speaker
from tests.factories.user import make_user
from tests.resources.test_schedule_conflicts import Programme, made
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump


@pytest.fixture
def programme(client: Client) -> Programme:
    return Programme(client)


def release(programme: Programme, note: str | None = None) -> Reply:
    body = document("schedule-version", {"note": note}, event=("event", programme.event))
    return programme.by.post("/v1/schedule-versions", body)


def diff(programme: Programme, id: str, since: str = "") -> Any:
    query = f"?since={since}" if since else ""
    reply = programme.client.get(f"/v1/schedule-versions/{id}/diff{query}")
    assert reply.status == 200, reply.text
    return reply.json


def like(programme: Programme, user: User, session: str) -> None:
    body = document("user-favourite-session", session=("session", session))
    made(programme.client.signed_in_as(user).post("/v1/user-favourite-sessions", body))


def of(entries: list[dict[str, Any]]) -> list[int]:
    return [entry["session"] for entry in entries]


def test_a_version_keeps_what_the_programme_was(programme: Programme) -> None:
    room = programme.room()
    talk = made(programme.talk(0, 60, room=room))
    made(programme.talk(0, 60, state="pending"))
    reply = release(programme, "First")
    first = made(reply)
    assert {name: reply.data["attributes"][name] for name in ("number", "note", "session-count")} == {
        "number": 1, "note": "First", "session-count": 1,
    }  # fmt: skip
    assert programme.change(talk, title="Other", **programme.at(60, 120)).status == 200
    second = made(release(programme))
    (was,) = programme.client.get(f"/v1/schedule-versions/{first}/placements").json["placements"]
    (now,) = programme.client.get(f"/v1/schedule-versions/{second}/placements").json["placements"]
    assert was["title"] != now["title"] == "Other"
    assert (was["session"], was["microlocation"], was["starts-at"]) == (
        int(talk), int(room), programme.at(0, 60)["starts-at"],
    )  # fmt: skip
    listed = programme.client.get(f"{programme.address}/schedule-versions").json["data"]
    assert [each["attributes"]["number"] for each in listed] == [1, 2]
    address = f"/v1/schedule-versions/{first}"
    sent = document("schedule-version", {"note": "Changed"}, first)
    assert programme.by.patch(address, sent).status == programme.by.delete(address).status == 405
    below = document("schedule-version", {"note": "Third"})
    assert made(programme.by.post(f"{programme.address}/schedule-versions", below))


def test_a_difference_says_what_moved_came_went_and_was_renamed(programme: Programme) -> None:
    hall, attic = programme.room(), programme.room()
    moved, renamed, dropped, kept = (made(programme.talk(n * 60, n * 60 + 60, room=hall)) for n in range(4))
    first = made(release(programme))
    everything = diff(programme, first)
    assert of(everything["new"]) == [int(id) for id in (moved, renamed, dropped, kept)]
    assert everything["from"] is None
    linked = f"/v1/sessions/{moved}/relationships/microlocation"
    programme.by.patch(linked, {"data": {"type": "microlocation", "id": attic}})
    programme.change(renamed, title="A better title")
    programme.change(dropped, state="canceled")
    new = made(programme.talk(600, 660))
    unreleased = programme.by.get(f"{programme.address}/schedule-diff").json
    second = made(release(programme))
    found = diff(programme, second)
    for each in (unreleased, found):
        assert (of(each["new"]), of(each["dropped"])) == ([int(new)], [int(dropped)])
        ((move,), (rename,)) = each["moved"], each["renamed"]
        assert (move["session"], move["from"]["microlocation"], move["to"]["microlocation"]) == (
            int(moved), int(hall), int(attic),
        )  # fmt: skip
        assert (rename["session"], rename["to"]) == (int(renamed), "A better title")
    assert (found["from"]["number"], found["to"]["number"]) == (1, 2)
    back = diff(programme, first, since=second)
    assert (of(back["new"]), of(back["dropped"])) == ([int(dropped)], [int(new)])
    assert programme.by.get(f"{programme.address}/schedule-diff").json["moved"] == []
    assert programme.client.get(f"{programme.address}/schedule-diff").status == 401


def test_versions_of_other_events_are_not_compared(programme: Programme, client: Client) -> None:
    own, other = made(release(programme)), made(release(Programme(client)))
    for since, status in ((other, 422), ("0", 404), ("999999", 404), ("first", 422)):
        reply = client.get(f"/v1/schedule-versions/{own}/diff?since={since}")
        assert (reply.status, reply.errors[0]["source"]) == (status, {"parameter": "since"})
    assert client.get(f"/v1/schedule-versions/{own}/diff?until=1").status == 400
    programme.set(state="draft")
    assert client.get(f"/v1/schedule-versions/{own}/placements").status == 404
    assert programme.by.get(f"/v1/schedule-versions/{own}/placements").status == 200


def test_versions_are_released_by_the_team_and_numbered_without_gaps(
    programme: Programme, client: Client
) -> None:
    body = document("schedule-version", {"note": "Mine"}, event=("event", programme.event))
    assert client.signed_in_as(stored(make_user)).post("/v1/schedule-versions", body).status == 403
    with ThreadPoolExecutor(4) as organizers:
        replies = list(organizers.map(lambda _: release(programme), range(6)))
    assert sorted(reply.data["attributes"]["number"] for reply in replies) == [1, 2, 3, 4, 5, 6]


def test_people_hear_about_what_concerns_them(
    programme: Programme, pump: Pump, database: TestDatabase
) -> None:
    ada, fan, other = (stored(make_user) for _ in range(3))
    speaker = str(stored(make_speaker, event=programme.event, email=ada.email).id)
    spoken = made(programme.talk(0, 60, speakers=(speaker,)))
    liked = made(programme.talk(60, 120))
    unchanged = made(programme.talk(120, 180))
    for user, session in ((fan, liked), (other, unchanged)):
        like(programme, user, session)
    stored(make_email_notification, user=fan, event=programme.event, session_schedule=True)
    made(release(programme))
    pump.everything()

    def told() -> list[tuple[int, str]]:
        rows = database.rows(
            "SELECT told.user_id, content.message FROM notifications told "
            "JOIN notification_contents content ON content.id = told.content_id "
            "WHERE content.type = 'schedule_change' ORDER BY told.id"
        )
        return [(row["user_id"], row["message"]) for row in rows]

    first = told()
    assert sorted(user for user, _ in first) == sorted([ada.id, fan.id, other.id])
    for user in (ada, fan, other):  # what is not read is joined
        read = programme.client.signed_in_as(user).post("/v1/users/me/read-notifications", {})
        assert read.status == 200, read.text
    assert programme.change(spoken, **programme.at(30, 90)).status == 200
    assert programme.change(liked, title="A better title").status == 200
    made(release(programme))
    pump.everything()
    second = told()[len(first) :]
    assert sorted(user for user, _ in second) == sorted([ada.id, fan.id])
    sentences = dict(second)
    assert "has moved from" in sentences[ada.id]
    assert "A better title" in sentences[fan.id]
    assert "has moved" not in sentences[fan.id]
    mails = database.rows("SELECT recipient FROM mails WHERE action = 'schedule_change'")
    assert [row["recipient"] for row in mails] == [fan.email, fan.email]
    made(release(programme))
    pump.everything()
    assert len(told()) == len(first) + 2
