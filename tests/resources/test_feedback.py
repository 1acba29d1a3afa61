"""Feedback: in one's own name, about one thing, in half points, and counted for sessions."""

from typing import Any

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.feedback import make_feedback
from tests.factories.session import make_session
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply


def rate(client: Client, user: Any, rating: float = 4, **links: Any) -> Reply:
    return client.post(
        "/v1/feedbacks", document("feedback", {"rating": rating}, user=("user", user), **links)
    )


def test_feedback_is_given_in_ones_own_name(client: Client) -> None:
    user, event = stored(make_user), stored(make_event)
    asking = client.signed_in_as(user)
    assert rate(asking, stored(make_user), event=("event", event)).status == 403
    reply = rate(asking, user, 4.3, event=("event", event))
    assert (reply.status, reply.data["attributes"]["rating"]) == (201, 4.5)
    assert rate(asking, user, 5.5, event=("event", event)).status == 422
    assert rate(asking, user, 0.5, event=("event", event)).status == 422


def test_feedback_is_about_one_thing(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    talk = stored(make_session, event=event)
    asking = client.signed_in_as(owner)
    assert rate(asking, owner, event=("event", event), session=("session", talk)).status == 422
    assert rate(asking, owner).status in {403, 422}


def test_sessions_are_rated_by_their_event_team(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    helper = stored(make_users_events_roles, event=event, role="coorganizer")
    talk = stored(make_session, event=event)
    stranger = stored(make_user)
    assert rate(client.signed_in_as(stranger), stranger, session=("session", talk)).status == 403
    first = rate(client.signed_in_as(owner), owner, 5, session=("session", talk))
    assert first.status == 201, first.text
    assert rate(client.signed_in_as(owner), owner, 1, session=("session", talk)).status == 409
    other = client.signed_in_as(helper.user_id)
    with_id = type("Person", (), {"id": helper.user_id})
    assert rate(other, with_id, 2, session=("session", talk)).status == 201
    shown = client.get(f"/v1/sessions/{talk.id}").data["attributes"]
    assert (shown["average-rating"], shown["rating-count"]) == (3.5, 2)
    address = f"/v1/feedbacks/{first.data['id']}"
    client.signed_in_as(owner).patch(address, document("feedback", {"rating": 3}, first.data["id"]))
    assert database.one("SELECT average_rating FROM sessions") == 2.5
    assert client.signed_in_as(owner).delete(address).status == 200
    assert database.rows("SELECT average_rating, rating_count FROM sessions") == [
        {"average_rating": 2.0, "rating_count": 1}
    ]


def test_nobody_changes_the_feedback_of_others(client: Client) -> None:
    owner = stored(make_user)
    found = stored(make_feedback, event=stored(make_event, owner=owner))
    body = document("feedback", {"rating": 1}, found.id)
    assert client.signed_in_as(owner).patch(f"/v1/feedbacks/{found.id}", body).status == 403
    assert client.signed_in_as(owner).delete(f"/v1/feedbacks/{found.id}").status == 403
