"""Decisions in bulk: all or nothing by the rules for one session, and mails that wait to be released."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib import db
from tests.factories import stored
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.reviews.scene import Scene, make_scene
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump


def decide(client: Client, made: Scene, **sent: Any) -> Reply:
    return made.as_owner(client).post(f"/v1/events/{made.event.id}/sessions/decide", sent)


def ids(made: Scene) -> list[str]:
    return [str(talk.id) for talk in made.talks]


def states() -> list[str]:
    with db.transaction() as session:
        return [state for (state,) in db.fetch(session, "SELECT state FROM sessions ORDER BY id")]


def held(client: Client, made: Scene) -> list[Any]:
    rows: list[Any] = made.as_owner(client).get(f"/v1/events/{made.event.id}/held-mails").data
    return rows


def settle(client: Client, made: Scene, verb: str, **sent: Any) -> Reply:
    return made.as_owner(client).post(f"/v1/events/{made.event.id}/held-mails/{verb}", sent)


def test_one_refusal_refuses_all(client: Client) -> None:
    made = stored(make_scene, talks=3, reviewers=0)
    with db.transaction() as session:
        db.fetch(session, "UPDATE sessions SET state = 'draft' WHERE id = $1", [made.talks[2].id])
    refused = decide(client, made, sessions=ids(made), state="accepted")
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (403, "/sessions/2")
    assert states() == ["pending", "pending", "draft"]
    assert held(client, made) == []
    done = decide(client, made, sessions=ids(made)[:2], state="accepted")
    assert done.json == {
        "sessions": [{"id": id, "state": "accepted", "changed": True} for id in ids(made)[:2]],
        "held_mails": 2,
    }
    again = decide(client, made, sessions=ids(made)[:2], state="accepted")
    assert (again.json["held_mails"], again.json["sessions"][0]["changed"]) == (0, False)
    assert (
        decide(client, made, sessions=ids(made)[:1], state="rejected", mails="none").json["held_mails"] == 0
    )


@pytest.mark.parametrize(
    ("sent", "status", "pointer"),
    [
        ({"state": "accepted"}, 422, "/sessions"),
        ({"state": "accepted", "sessions": ["1"], "best": {"count": 1}}, 422, "/sessions"),
        ({"state": "draft", "sessions": ["1"]}, 422, "/state"),
        ({"state": [], "sessions": ["1"]}, 422, "/state"),
        ({"state": "accepted", "sessions": ["0"]}, 404, "/sessions/0"),
        ({"state": "accepted", "sessions": [True]}, 422, "/sessions/0"),
        ({"state": "accepted", "sessions": ["1", "1"]}, 422, "/sessions/1"),
        ({"state": "accepted", "sessions": []}, 422, "/sessions"),
        ({"state": "accepted", "sessions": ["1"], "mails": "sent"}, 422, "/mails"),
        ({"state": "accepted", "sessions": ["1"], "mails": []}, 422, "/mails"),
        ({"state": "accepted", "sessions": ["1"], "note": "x"}, 422, "/note"),
        ({"state": "accepted", "best": {"count": 0}}, 422, "/best/count"),
        ({"state": "accepted", "best": {"count": 1, "by": "mean"}}, 422, "/best"),
        ({"state": "accepted", "best": {"count": 1, "track": []}}, 422, "/best/track"),
        ({"state": "accepted", "best": {"count": 1}}, 409, "/best/count"),  # there are no reviews
    ],
)
def test_what_is_not_understood_is_refused(client: Client, sent: Any, status: int, pointer: str) -> None:
    made = stored(make_scene, talks=1, reviewers=0)
    refused = decide(client, made, **sent)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (status, pointer), refused.text


def test_organizers_decide_and_nobody_else(client: Client) -> None:
    made = stored(make_scene, talks=1, reviewers=1)
    path, sent = f"/v1/events/{made.event.id}/sessions/decide", {"sessions": ids(made), "state": "accepted"}
    crew = stored(make_user)
    stored(make_users_events_roles, event=made.event, user=crew, role="coorganizer")
    assert client.post(path, sent).status == 401
    for person in (crew, made.accounts[0], made.speakers[0].user_id):
        assert client.signed_in_as(person).post(path, sent).status == 403
    assert states() == ["pending"]
    foreign = stored(make_scene, talks=1, reviewers=0)
    assert decide(client, made, sessions=ids(foreign), state="accepted").status == 404


@pytest.mark.usefixtures("signals_on")
def test_held_mails_are_edited_released_once_and_discarded(client: Client, pump: Pump) -> None:
    made = stored(make_scene, talks=3, reviewers=0)
    assert decide(client, made, sessions=ids(made), state="accepted").json["held_mails"] == 3
    first, second, third = held(client, made)
    assert first["attributes"]["recipient"] == made.speakers[0].email
    assert "Session 0 is accepted" in first["attributes"]["message"]
    edited = document("held-mail", {"message": "Bring a laptop.\n\nSee you!"}, first["id"])
    assert (
        client.signed_in_as(made.speakers[0].user_id).patch(f"/v1/held-mails/{first['id']}", edited).status
        == 404
    )
    assert made.as_owner(client).patch(f"/v1/held-mails/{first['id']}", edited).status == 200
    pump.everything()
    assert pump.mails() == []
    assert settle(client, made, "discard", mails=[third["id"]]).json == {"mails": [third["id"]]}
    refused = settle(client, made, "release", mails=[first["id"], third["id"]])
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (409, "/mails/1")
    assert settle(client, made, "release", mails=["0"]).status == 404
    assert settle(client, made, "release", all=False).status == 422
    # The second session leaves the state before its mail is sent.
    assert decide(client, made, sessions=ids(made)[1:2], state="rejected", mails="none").status == 200
    released = settle(client, made, "release", all=True)
    assert released.json == {"mails": [first["id"], second["id"]], "later": []}
    pump.everything()
    assert [mail["attributes"]["state"] for mail in held(client, made)] == [
        "released",
        "outdated",
        "discarded",
    ]
    (mail,) = pump.mails()
    assert (mail["to"], "\n".join(mail["text"].split("\r\n")).strip()) == (
        [made.speakers[0].email],
        "Bring a laptop.\n\nSee you!",
    )
    assert made.as_owner(client).patch(f"/v1/held-mails/{first['id']}", edited).status == 409
    assert (
        made.as_owner(client).get(f"/v1/sessions/{made.talks[0].id}").data["attributes"]["is-mail-sent"]
        is True
    )


@pytest.mark.usefixtures("signals_on")
def test_two_who_release_at_once_send_once(client: Client, pump: Pump) -> None:
    made = stored(make_scene, talks=2, reviewers=0)
    decide(client, made, sessions=ids(made), state="rejected")
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: settle(client, made, "release", all=True), range(3)))
    assert {answer.status for answer in answers} == {200}
    assert sorted(len(answer.json["mails"]) for answer in answers) == [0, 0, 2]
    pump.everything()
    assert len(pump.mails()) == 2


def test_two_who_decide_at_once_hold_each_mail_once(client: Client) -> None:
    made = stored(make_scene, talks=4, reviewers=0)
    orders = (ids(made), ids(made)[::-1], ids(made))
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda order: decide(client, made, sessions=order, state="accepted"), orders))
    assert {answer.status for answer in answers} == {200}, [answer.text for answer in answers]
    assert len(held(client, made)) == 4
