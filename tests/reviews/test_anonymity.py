"""In an anonymous phase nothing tells a reviewer who has handed a session in: each way of asking is tried."""

from typing import Any

import pytest

from chalicelib import db
from tests.factories import stored
from tests.factories.review import make_review
from tests.factories.review_comment import make_review_comment
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.reviews.scene import Scene, close, make_scene
from tests.support.documents import document
from tests.support.http_client import Client

pytestmark = pytest.mark.one_database


def scene(client: Client, **phase: Any) -> Scene:
    """Two sessions, of which the first is assigned to the first reviewer."""
    made = stored(make_scene, talks=2, reviewers=2, **phase)
    assert made.assign(client, 0, 0).status == 201
    assert made.assign(client, 1, 1).status == 201
    return made


def ways(made: Scene) -> list[str]:
    """GETs by which somebody could ask who has handed the first session in."""
    talk, event, phase = made.talks[0].id, made.event.id, made.phase.id
    speaker, reviewer = made.speakers[0].id, made.reviewers[0].id
    return [
        "/v1/proposals",
        f"/v1/proposals/{talk}",
        f"/v1/proposals/{talk}?include=event,track,session-type,phase,reviews,review-comments,assignments,conflicts",
        f"/v1/proposals/{talk}?include=event.sessions.speakers,event.speakers,track.sessions.speakers",
        f"/v1/proposals/{talk}?fields[proposal]=speaker-names,comments,website,long-abstract",
        f"/v1/proposals/{talk}/event?include=sessions,speakers,proposals,reviews,session-types",
        f"/v1/proposals/{talk}/track?include=sessions.speakers",
        f"/v1/proposals/{talk}/reviews?include=proposal,reviewer.user,event.speakers",
        f"/v1/proposals/{talk}/review-comments?include=proposal.event.speakers",
        f"/v1/proposals/{talk}/relationships/reviews",
        f"/v1/sessions/{talk}",
        f"/v1/sessions/{talk}/speakers",
        f"/v1/sessions/{talk}/creator",
        f"/v1/sessions/{talk}/review-result",
        f"/v1/sessions/{talk}/feedbacks",
        f"/v1/speakers/{speaker}",
        f"/v1/speakers/{speaker}/sessions",
        f"/v1/users/{made.speakers[0].user_id}",
        f"/v1/users/{made.speakers[0].user_id}/sessions",
        f"/v1/events/{event}/sessions?include=speakers",
        f"/v1/events/{event}/speakers?include=sessions",
        f"/v1/events/{event}/proposals",
        f"/v1/events/{event}?include=sessions,speakers,proposals,reviewers",
        f"/v1/tracks/{made.tracks[0].id}/sessions?include=speakers",
        f"/v1/review-phases/{phase}?include=assignments.proposal,event.speakers,reviews.proposal",
        "/v1/review-assignments?include=proposal,reviewer.user,event.sessions.speakers",
        f"/v1/reviewers/{reviewer}?include=assignments.proposal,event.speakers",
        f"/v1/review-results/{talk}",
        "/v1/review-results",
        f"/v1/events/{event}/review-results",
        f"/v1/events/{event}/held-mails",
        "/v1/notifications",
        "/v1/activities",
        f"/v1/events/{made.event.identifier}/sessions.json",
        f"/v1/events/{event}/export/sessions/csv",
        f"/v1/events/{event}/export/speakers/csv",
    ]


def test_no_get_tells_who_it_was(client: Client) -> None:
    made = scene(client, is_anonymous=True, hidden_fields=["long-abstract", "employer"])
    stored(make_review, event=made.event, reviewer=made.reviewers[0], session_id=made.talks[0].id)
    stored(make_review_comment, event=made.event, session_id=made.talks[0].id, user_id=made.accounts[0].id)
    asking, told = made.as_reviewer(client, 0), []
    for path in ways(made):
        try:
            reply = asking.get(path)
        except LookupError:
            continue  # there is no such address at all
        told.append(reply.status)
        assert reply.status < 500, (path, reply.text)
        for secret in ("Ada", "ada.example", made.speakers[0].email):
            assert secret not in reply.text, (path, reply.text)
    assert told.count(200) >= 10


def test_what_is_not_hidden_is_shown(client: Client) -> None:
    made = scene(client, is_anonymous=True, hidden_fields=[])
    shown = made.as_reviewer(client, 0).get(f"/v1/proposals/{made.talks[0].id}").data["attributes"]
    assert (shown["title"], shown["long-abstract"]) == ("Session 0", "I, Ada Lovelace")
    assert shown["complex-field-values"] == {"employer": "Ada Ltd"}
    assert (shown["is-anonymous"], shown["speaker-names"], shown["website"]) == (True, None, None)


@pytest.mark.parametrize(
    ("name", "val"),
    [
        ("speaker-names", "%Ada%"),
        ("comments", "%Ada%"),
        ("website", "%ada%"),
        ("long-abstract", "%Ada%"),
        ("complex-field-values", "%Ada%"),
    ],
)
def test_filters_and_sort_keys_are_no_oracle(client: Client, name: str, val: str) -> None:
    made = scene(client, is_anonymous=True, hidden_fields=["long-abstract", "employer"])
    asking = made.as_reviewer(client, 0)
    has_text = name in {"comments", "website", "long-abstract"}
    asked = f'"op": "ilike", "val": "{val}"' if has_text else '"op": "isnot", "val": null'
    like = f'[{{"name": "{name}", {asked}}}]'
    for filters, count in ((like, 0), (f'[{{"not": {like[1:-1]}}}]', 1)):
        reply = asking.get("/v1/proposals", query={"filter": filters})
        assert reply.status == 200, reply.text
        assert reply.json["meta"]["count"] == count, filters
    through = f'[{{"name": "proposal", "op": "has", "val": {like[1:-1]}}}]'
    assert asking.get("/v1/review-assignments", query={"filter": through}).json["meta"]["count"] == 0
    assert asking.get("/v1/proposals", query={"sort": name}).status in {200, 400}


@pytest.mark.parametrize("relation", ["sessions", "speakers"])
def test_filters_over_relationships_are_no_oracle(client: Client, relation: str) -> None:
    made = scene(client, is_anonymous=True)
    asking = made.as_reviewer(client, 0)
    name = "title" if relation == "sessions" else "name"
    inner = f'{{"name": "{name}", "op": "ilike", "val": "%"}}'
    through = (
        f'[{{"name": "event", "op": "has", "val": {{"name": "{relation}", "op": "any", "val": {inner}}}}}]'
    )
    assert asking.get("/v1/proposals", query={"filter": through}).json["meta"]["count"] == 0


def test_another_phase_tells_the_names(client: Client) -> None:
    made = scene(client, is_anonymous=False)
    shown = made.as_reviewer(client, 0).get(f"/v1/proposals/{made.talks[0].id}").data["attributes"]
    assert (shown["speaker-names"], shown["comments"]) == (["Ada 0"], "Written by Ada")


def test_only_what_is_assigned_is_seen_and_while_the_phase_is_active(client: Client) -> None:
    made = scene(client)
    for number in (0, 1):
        seen = made.as_reviewer(client, number).get("/v1/proposals").data
        assert [row["id"] for row in seen] == [str(made.talks[number].id)]
    assert made.as_reviewer(client, 0).get(f"/v1/proposals/{made.talks[1].id}").status == 404
    assert made.review(client, 0, 1).errors[0]["source"]["pointer"] == "/data/relationships/proposal/data"
    assert made.review(client, 0, 0).status == 201
    close(made.phase.id)
    assert made.as_reviewer(client, 0).get("/v1/proposals").data == []
    assert made.as_reviewer(client, 0).get("/v1/reviews").json["meta"]["count"] == 1
    assert made.review(client, 1, 1).status in {404, 409}


def test_a_phase_may_show_the_tracks_of_the_team(client: Client) -> None:
    from tests.reviews.scene import cover

    made = stored(make_scene, talks=4, reviewers=2, reviewers_see="tracks")
    cover(made, 0, 1)
    seen = made.as_reviewer(client, 0).get("/v1/proposals").data
    assert [row["id"] for row in seen] == [str(made.talks[number].id) for number in (1, 3)]
    assert made.as_reviewer(client, 1).get("/v1/proposals").json["meta"]["count"] == 4


def test_others_see_nothing_of_reviews(client: Client) -> None:
    made = scene(client)
    review = stored(make_review, event=made.event, reviewer=made.reviewers[0], session_id=made.talks[0].id)
    crew = stored(make_user)
    stored(make_users_events_roles, event=made.event, user=crew, role="track_organizer")
    for person in (crew, stored(make_user), made.accounts[1]):
        asking = client.signed_in_as(person)
        assert asking.get(f"/v1/reviews/{review.id}").status == 404
        assert asking.get(f"/v1/review-results/{made.talks[0].id}").status == 404
        assert asking.get(f"/v1/events/{made.event.id}/reviews").status in {200, 404}
        assert asking.get("/v1/reviews").json["meta"]["count"] == 0
    assert client.get(f"/v1/reviews/{review.id}").status in {401, 404}
    assert made.as_owner(client).get(f"/v1/reviews/{review.id}").status == 200


@pytest.mark.parametrize("role", ["owner", "coorganizer", "reviewer", "speaker"])
@pytest.mark.parametrize("link", ["account", "address", "invitation"])
def test_nobody_sees_reviews_of_their_own_session(client: Client, role: str, link: str) -> None:
    made = scene(client)
    talk = made.talks[0]
    review = stored(make_review, event=made.event, reviewer=made.reviewers[1], session_id=talk.id)
    comment = stored(make_review_comment, event=made.event, session_id=talk.id)
    person = {"owner": made.owner, "reviewer": made.accounts[0]}.get(role) or stored(make_user)
    if role == "coorganizer":
        stored(make_users_events_roles, event=made.event, user=person, role=role)
    asking = client.signed_in_as(person)
    pages = [f"/v1/reviews/{review.id}", f"/v1/review-comments/{comment.id}", f"/v1/review-results/{talk.id}"]
    seen = {asking.get(page).status for page in pages}
    assert seen == ({404} if role in {"speaker", "reviewer"} else {200})
    with db.transaction() as session:
        if link == "account":
            db.fetch(
                session, "UPDATE speakers SET user_id = $1 WHERE id = $2", [person.id, made.speakers[0].id]
            )
        elif link == "address":
            db.fetch(
                session,
                "UPDATE speakers SET email = $1, user_id = NULL WHERE id = $2",
                [person.email.upper(), made.speakers[0].id],
            )
        else:
            db.fetch(
                session,
                "INSERT INTO speaker_invites (email, status, created_at, session_id, event_id) "
                "VALUES ($1, 'pending', now(), $2, $3)",
                [person.email, talk.id, made.event.id],
            )
    for page in (*pages, f"/v1/proposals/{talk.id}", f"/v1/proposals/{talk.id}/reviews"):
        assert asking.get(page).status == 404, page
    for listed in ("reviews", "review-comments", "review-results", "review-assignments"):
        asked = {"filter": '[{"name": "id", "op": "ge", "val": 0}]'}
        rows = asking.get(f"/v1/{listed}", query=asked).json.get("data", [])
        assert str(review.id) not in [row["id"] for row in rows] or listed != "reviews"
    shown = asking.get(f"/v1/sessions/{talk.id}?include=review-result")
    assert shown.status == 404 or "included" not in shown.json or shown.json["included"] == []
    through = '[{"name": "review-result", "op": "has", "val": {"name": "reviews", "op": "ge", "val": 0}}]'
    counted = asking.get(f"/v1/events/{made.event.id}/sessions", query={"filter": through})
    assert str(talk.id) not in [row["id"] for row in counted.json.get("data", [])]


def test_a_declared_conflict_ends_it_for_good(client: Client) -> None:
    made = scene(client)
    assert made.review(client, 0, 0).status == 201
    asking = made.as_reviewer(client, 0)
    sent = made.about("review-conflict", 0, 0, reason="A colleague")
    assert made.as_reviewer(client, 1).post("/v1/review-conflicts", sent).status in {403, 404}
    assert asking.post("/v1/review-conflicts", sent).status == 201
    assert asking.get("/v1/proposals").data == []
    assert asking.get("/v1/reviews").data == []
    assert asking.get("/v1/review-assignments").data == []
    again = made.assign(client, 0, 0)
    assert (again.status, again.errors[0]["source"]["pointer"]) == (409, "/data/relationships/reviewer")
    result = made.as_owner(client).get(f"/v1/review-results/{made.talks[0].id}").data["attributes"]
    assert result["reviews"] == 0
    conflict = made.as_owner(client).get(f"/v1/events/{made.event.id}/review-conflicts").data[0]["id"]
    assert asking.delete(f"/v1/review-conflicts/{conflict}").status == 403
    assert made.as_owner(client).delete(f"/v1/review-conflicts/{conflict}").status == 200


@pytest.mark.parametrize(
    ("shown", "before", "after"), [("never", 0, 1), ("after-own", 0, 2), ("always", 1, 2)]
)
def test_what_others_say_is_shown_as_the_phase_says(
    client: Client, shown: str, before: int, after: int
) -> None:
    made = stored(make_scene, talks=1, reviewers=2, others_visible=shown, allows_discussion=True)
    for number in (0, 1):
        assert made.assign(client, number, 0).status == 201
    assert made.review(client, 1, 0, text="Strong").status == 201
    asking = made.as_reviewer(client, 0)
    assert asking.get("/v1/reviews").json["meta"]["count"] == before
    assert made.review(client, 0, 0, text="Weak").status == 201
    assert asking.get("/v1/reviews").json["meta"]["count"] == after


def test_a_phase_decides_what_is_done_in_it(client: Client) -> None:
    made = scene(client, allows_reviews=False, allows_discussion=False)
    assert made.review(client, 0, 0).status == 403
    comment = document(
        "review-comment",
        {"text": "Hm"},
        event=("event", made.event),
        proposal=("proposal", made.talks[0]),
    )
    assert made.as_reviewer(client, 0).post("/v1/review-comments", comment).status == 403
    assert made.as_owner(client).post("/v1/review-comments", comment).status == 201


@pytest.mark.parametrize("link", ["speaker", "invite"])
def test_the_present_address_of_an_account_counts_as_the_invited_one_does(client: Client, link: str) -> None:
    made = scene(client, others_visible="always")
    asking = made.as_reviewer(client, 0)
    proposal = f"/v1/proposals/{made.talks[0].id}"
    assert asking.get(proposal).status == 200
    with db.transaction() as session:
        db.fetch(
            session,
            "UPDATE reviewers SET email = 'formerly@example.org' WHERE id = $1",
            [made.reviewers[0].id],
        )
        if link == "speaker":
            given = [made.accounts[0].email.upper(), made.speakers[0].id]
            db.fetch(session, "UPDATE speakers SET email = $1, user_id = NULL WHERE id = $2", given)
        else:
            db.fetch(
                session,
                "INSERT INTO speaker_invites (email, status, created_at, session_id, event_id) "
                "VALUES ($1, 'pending', now(), $2, $3)",
                [made.accounts[0].email, made.talks[0].id, made.event.id],
            )
    assert asking.get(proposal).status == 404
    assert asking.get("/v1/proposals").data == []
    assert made.review(client, 0, 0).status in {403, 404, 409}
    refused = made.assign(client, 0, 0)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (409, "/data/relationships/reviewer")
