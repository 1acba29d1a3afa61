"""Reviewers of an event that is hidden from them, by whatever address they were invited, and however often."""

import pytest

from chalicelib import db
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.reviews.scene import Scene, make_scene
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump

pytestmark = pytest.mark.one_database


def scene(client: Client, state: str = "draft") -> Scene:
    """Two sessions of an unpublished event, of which the first is assigned to the first reviewer."""
    made = stored(make_scene, talks=2, reviewers=2, allows_discussion=True)
    assert made.assign(client, 0, 0).status == 201
    with db.transaction() as session:
        db.fetch(session, "UPDATE events SET state = $1 WHERE id = $2", [state, made.event.id])
    return made


@pytest.mark.parametrize("is_event_sent", [True, False])
@pytest.mark.parametrize("type", ["review", "review-comment", "review-conflict"])
def test_reviewers_work_at_an_event_that_is_not_published_yet(
    client: Client, type: str, is_event_sent: bool
) -> None:
    made = scene(client)
    asking = made.as_reviewer(client, 0)
    assert asking.get(f"/v1/events/{made.event.id}").status == 404
    sent = made.about(type, 0, 0, **({"text": "Hm"} if type == "review-comment" else {}))
    if not is_event_sent:
        del sent["data"]["relationships"]["event"]
    assert asking.post(f"/v1/{type}s", sent).status == 201
    listed = made.as_owner(client).get(f"/v1/events/{made.event.id}/{type}s").json
    assert listed["meta"]["count"] == 1


@pytest.mark.parametrize("type", ["review", "review-comment", "review-conflict"])
def test_a_hidden_event_is_linked_by_its_own_proposals_alone(client: Client, type: str) -> None:
    made = scene(client)
    other = stored(make_event, state="draft")
    sent = made.about(type, 0, 0, **({"text": "Hm"} if type == "review-comment" else {}))
    for event in (other.id, 99_999):
        sent["data"]["relationships"]["event"]["data"]["id"] = str(event)
        refused = made.as_reviewer(client, 0).post(f"/v1/{type}s", sent)
        pointer = "/data/relationships/event/data"
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (404, pointer)
    # Nor does it tell of sessions that are no proposals of theirs.
    for talk in (made.talks[1].id, 99_999):
        sent = made.about(type, 0, 0, **({"text": "Hm"} if type == "review-comment" else {}))
        sent["data"]["relationships"]["proposal"]["data"]["id"] = str(talk)
        assert made.as_reviewer(client, 0).post(f"/v1/{type}s", sent).status == 404
    del sent["data"]["relationships"]["proposal"], sent["data"]["relationships"]["event"]
    refused = made.as_reviewer(client, 0).post(f"/v1/{type}s", sent)
    pointer = "/data/relationships/event"
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, pointer)


@pytest.mark.parametrize("link", ["speaker", "invite"])
def test_an_own_review_is_out_of_sight_too_once_the_invited_address_speaks(client: Client, link: str) -> None:
    made = scene(client, "published")
    assert made.review(client, 0, 0).status == 201
    asking = made.as_reviewer(client, 0)
    assert [
        asking.get(f"/v1/{each}").json["meta"]["count"] for each in ("reviews", "review-assignments")
    ] == [1, 1]
    address = f"formerly{made.event.id}@example.org"
    with db.transaction() as session:
        db.fetch(session, "UPDATE reviewers SET email = $1 WHERE id = $2", [address, made.reviewers[0].id])
        if link == "speaker":
            given = [address.upper(), made.speakers[0].id]
            db.fetch(session, "UPDATE speakers SET email = $1, user_id = NULL WHERE id = $2", given)
        else:
            db.fetch(
                session,
                "INSERT INTO speaker_invites (email, status, created_at, session_id, event_id) "
                "VALUES ($1, 'pending', now(), $2, $3)",
                [address, made.talks[0].id, made.event.id],
            )
    assert [
        asking.get(f"/v1/{each}").json["meta"]["count"] for each in ("reviews", "review-assignments")
    ] == [0, 0]


@pytest.mark.usefixtures("signals_on")
def test_who_has_declined_is_invited_again(client: Client, pump: Pump, database: TestDatabase) -> None:
    made = stored(make_scene, talks=1, reviewers=1)
    person, owner = stored(make_user), made.as_owner(client)
    sent = document("reviewer", {"email": person.email}, event=("event", made.event))
    id = owner.post("/v1/reviewers", sent).data["id"]
    answering, path = client.signed_in_as(person), f"/v1/reviewers/{id}"
    pump.everything()
    assert answering.post(f"{path}/decline").status == 200
    assert answering.post(f"{path}/accept").status == 409
    assert answering.post(f"{path}/resend-invite").status == 403
    assert client.signed_in_as(made.accounts[0]).post(f"{path}/resend-invite").status == 404
    assert client.post(f"{path}/resend-invite").status == 401
    assert owner.post(f"{path}/resend-invite").status == 200
    pump.everything()
    mails = f"SELECT count(*) FROM mails WHERE recipient = '{person.email}' AND action = 'reviewer_invite'"
    assert database.one(mails) == 2
    assert answering.post(f"{path}/accept").status == 200
    assert owner.post(f"{path}/resend-invite").status == 409
    assert owner.get(path).data["attributes"]["status"] == "accepted"
