"""Assignments by hand and proposed: conflicts, loads, tracks, and two who assign at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib import db
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.reviewer import make_reviewer
from tests.factories.user import make_user
from tests.reviews.scene import Scene, close, cover, make_scene
from tests.support.http_client import Client, Reply


def propose(client: Client, made: Scene, **more: Any) -> Reply:
    path = f"/v1/events/{made.event.id}/review-assignments/propose"
    return made.as_owner(client).post(path, {"phase": str(made.phase.id), **more})


def loads() -> Counter[int]:
    with db.transaction() as session:
        rows = db.fetch(session, "SELECT reviewer_id FROM review_assignments")
    return Counter(reviewer for (reviewer,) in rows)


def test_it_is_balanced_and_keeps_what_there_is(client: Client) -> None:
    made = stored(make_scene)
    assert made.assign(client, 0, 0).status == 201
    assert propose(client, made, per_session=2).json == {"made": 23, "kept": 1, "short": []}
    assert sorted(loads().values()) == [8, 8, 8]
    assert propose(client, made, per_session=2).json == {"made": 0, "kept": 24, "short": []}


def test_it_prefers_the_track_and_never_passes_a_conflict(client: Client) -> None:
    made = stored(make_scene, talks=4)
    cover(made, 0, 0)
    cover(made, 1, 1)
    cover(made, 2, 1)
    with db.transaction() as session:  # the second reviewer speaks at the second session
        email = [made.accounts[1].email, made.speakers[1].id]
        db.fetch(session, "UPDATE speakers SET email = $1 WHERE id = $2", email)
    assert propose(client, made, per_session=1).json == {"made": 4, "kept": 0, "short": []}
    rows = made.as_owner(client).get(f"/v1/events/{made.event.id}/review-assignments?include=reviewer").data
    links = [row["relationships"]["reviewer"]["data"]["id"] for row in rows]
    number = {str(reviewer.id): place for place, reviewer in enumerate(made.reviewers)}
    assert sorted(number[id] for id in links) == [0, 0, 1, 2]
    assert propose(client, made, per_session=3).json == {
        "made": 7,
        "kept": 4,
        "short": [str(made.talks[1].id)],
    }
    refused = made.assign(client, 1, 1)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (409, "/data/relationships/reviewer")


def test_a_load_limit_holds_by_hand_and_automatically(client: Client) -> None:
    made = stored(make_scene, talks=4, reviewers=1)
    reviewer = f"/v1/reviewers/{made.reviewers[0].id}"
    sent = {"data": {"type": "reviewer", "id": str(made.reviewers[0].id), "attributes": {"load-limit": 2}}}
    assert made.as_reviewer(client, 0).patch(reviewer, sent).status == 403
    assert made.as_owner(client).patch(reviewer, sent).status == 200
    answer = propose(client, made, per_session=1).json
    assert (answer["made"], answer["short"]) == (2, [str(talk.id) for talk in made.talks[2:]])
    assert made.assign(client, 0, 3).status == 409


def test_who_has_not_accepted_and_what_is_elsewhere_is_refused(client: Client) -> None:
    made = stored(make_scene, talks=1, reviewers=1)
    waiting = stored(make_reviewer, event=made.event)
    assert made.assign(client, 0, 0, reviewer=("reviewer", waiting)).status == 409
    foreign = stored(make_reviewer, event=stored(make_event, owner=made.owner))
    assert made.assign(client, 0, 0, reviewer=("reviewer", foreign)).status == 422
    assert made.assign(client, 0, 0).status == 201
    assert made.assign(client, 0, 0).status == 409
    assert made.as_reviewer(client, 0).get("/v1/review-assignments").json["meta"]["count"] == 1


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({}, 422, "/phase"),
        ({"phase": "0"}, 404, "/phase"),
        ({"phase": True}, 422, "/phase"),
        ({"per_session": 0}, 422, "/per_session"),
        ({"per_session": "3"}, 422, "/per_session"),
        ({"track": "x"}, 422, "/track"),
        ({"reviewers": 3}, 422, "/reviewers"),
    ],
)
def test_what_is_not_understood_is_refused(client: Client, body: Any, status: int, pointer: str) -> None:
    made = stored(make_scene, talks=1, reviewers=1)
    path = f"/v1/events/{made.event.id}/review-assignments/propose"
    sent = body if "phase" in body or not body else {"phase": str(made.phase.id), **body}
    refused = made.as_owner(client).post(path, sent)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (status, pointer), refused.text
    assert made.as_owner(client).post(f"{path}?x=1", {"phase": str(made.phase.id)}).status == 400


def test_it_is_for_organizers_while_the_phase_is_not_over(client: Client) -> None:
    made = stored(make_scene, talks=1, reviewers=1)
    path, sent = f"/v1/events/{made.event.id}/review-assignments/propose", {"phase": str(made.phase.id)}
    assert client.post(path, sent).status == 401
    for person in (made.accounts[0], stored(make_user)):
        assert client.signed_in_as(person).post(path, sent).status == 403
    close(made.phase.id)
    assert propose(client, made).status == 409
    assert made.assign(client, 0, 0).status == 409


def test_two_at_once_make_one_proposal(client: Client) -> None:
    made = stored(make_scene)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: propose(client, made, per_session=2), range(4)))
    assert {answer.status for answer in answers} == {200}, [answer.text for answer in answers]
    assert sorted(answer.json["made"] for answer in answers) == [0, 0, 0, 24]
    assert sorted(loads().values()) == [8, 8, 8]


def test_two_at_once_never_exceed_a_load(client: Client) -> None:
    made = stored(make_scene, talks=4, reviewers=1)
    with db.transaction() as session:
        db.fetch(session, "UPDATE reviewers SET load_limit = 1")
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(lambda talk: made.assign(client, 0, talk).status, range(4)))
    assert statuses == [201, 409, 409, 409]


def test_a_conflict_declared_at_the_same_time_wins(client: Client) -> None:
    made = stored(make_scene, talks=1, reviewers=1)
    with db.transaction() as session:
        db.fetch(session, "UPDATE review_phases SET reviewers_see = 'tracks'")
    sent = made.about("review-conflict", 0, 0, reason="A colleague")
    with ThreadPoolExecutor(2) as pool:
        declared = pool.submit(lambda: made.as_reviewer(client, 0).post("/v1/review-conflicts", sent))
        assigned = pool.submit(lambda: made.assign(client, 0, 0))
        assert declared.result().status == 201, declared.result().text
        assert assigned.result().status in {201, 409}
    assert loads() == Counter()
