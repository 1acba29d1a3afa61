"""Speakers: one profile for each address and event, written by its owner and the event's team."""

from typing import Any

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.programme.speaker import Speaker
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import make_session
from tests.factories.speaker import attributes, make_speaker
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply


def create(client: Client, event: Event, links: dict[str, Any] | None = None, **values: object) -> Reply:
    sent = {**attributes(), **{name.replace("_", "-"): value for name, value in values.items()}}
    return client.post("/v1/speakers", document("speaker", sent, event=("event", event), **(links or {})))


def change(client: Client, speaker: Speaker, **values: object) -> Reply:
    sent = {name.replace("_", "-"): value for name, value in values.items()}
    return client.patch(f"/v1/speakers/{speaker.id}", document("speaker", sent, speaker.id))


def test_a_profile_carries_its_makers_address(client: Client, database: TestDatabase) -> None:
    user, event = stored(make_user), stored(make_event)
    assert create(client, event).status == 401
    reply = create(client.signed_in_as(user), event, email="somebody.else@example.org")
    assert reply.status == 201, reply.text
    assert reply.data["attributes"]["email"] == user.email
    assert database.one("SELECT user_id FROM speakers") == user.id


def test_organizers_choose_the_address_or_none(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    asking = client.signed_in_as(owner)
    chosen = create(asking, event, email="guest@example.org")
    assert chosen.data["attributes"]["email"] == "guest@example.org"
    without = create(asking, event, email="x@example.org", is_email_overridden=True)
    assert without.data["attributes"]["email"] is None


def test_only_organizers_leave_the_address_out(client: Client) -> None:
    event = stored(make_event)
    helper = stored(make_users_events_roles, event=event, role="coorganizer")
    for user_id in (helper.user_id, stored(make_user).id):
        reply = create(client.signed_in_as(user_id), event, is_email_overridden=True)
        assert reply.status == 403
        assert reply.errors[0]["source"]["pointer"] == "/data/attributes/is-email-overridden"


def test_an_event_has_one_profile_for_each_address(client: Client) -> None:
    user, event = stored(make_user), stored(make_event)
    asking = client.signed_in_as(user)
    first = create(asking, event)
    again = create(asking, event)
    assert (again.status, again.errors[0]["source"]["pointer"]) == (403, "/data/attributes/email")
    assert create(asking, stored(make_event)).status == 201
    assert asking.delete(f"/v1/speakers/{first.data['id']}").status == 200
    assert create(asking, event).status == 201


def test_the_speaker_and_the_team_edit_and_nobody_else(client: Client) -> None:
    user, owner = stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner)
    talk = stored(make_session, event=event)
    speaker = stored(make_speaker, event=event, sessions=(talk,), user_id=user.id, email=user.email)
    someone_else = stored(make_user)
    stored(make_speaker, event=event, user_id=someone_else.id, email=someone_else.email)
    assert change(client, speaker, city="Oslo").status == 401
    assert change(client.signed_in_as(someone_else), speaker, city="Oslo").status == 403
    assert change(client.signed_in_as(user), speaker, city="Bergen").status == 200
    assert change(client.signed_in_as(owner), speaker, city="Tromsø").data["attributes"]["city"] == "Tromsø"


def test_an_edit_by_others_leaves_the_address_alone(client: Client) -> None:
    user = stored(make_user)
    event = stored(make_event)
    helper = stored(make_users_events_roles, event=event, role="coorganizer")
    speaker = stored(make_speaker, event=event, user_id=user.id, email=user.email)
    reply = change(client.signed_in_as(helper.user_id), speaker, email="mine@example.org", city="Rome")
    assert (reply.status, reply.data["attributes"]["email"]) == (200, user.email)


def test_an_event_without_speakers_takes_none_and_a_hidden_one_none_from_strangers(client: Client) -> None:
    asking = client.signed_in_as(stored(make_user))
    assert create(asking, stored(make_event, is_sessions_speakers_enabled=False)).status == 403
    assert create(asking, stored(make_event, state="draft")).status == 404


def test_nobody_speaks_at_somebody_elses_session(client: Client, database: TestDatabase) -> None:
    user, event = stored(make_user), stored(make_event)
    theirs = stored(make_session, event=event)
    own = stored(make_session, event=event, creator_id=user.id)
    asking = client.signed_in_as(user)
    assert create(asking, event, {"sessions": [("session", theirs)]}).status in {403, 404}
    reply = create(asking, event, {"sessions": [("session", own)]})
    assert reply.status == 201, reply.text
    path = f"/v1/speakers/{reply.data['id']}/relationships/sessions"
    body = {"data": [{"type": "session", "id": str(theirs.id)}]}
    assert asking.post(path, body).status in {403, 404}
    assert database.rows("SELECT session_id FROM speakers_sessions") == [{"session_id": own.id}]


def test_sessions_and_speakers_find_each_other(client: Client) -> None:
    event = stored(make_event)
    session = stored(make_session, event=event)
    speaker = stored(make_speaker, event=event, sessions=[session])
    assert [resource["id"] for resource in client.get(f"/v1/sessions/{session.id}/speakers").data] == [
        str(speaker.id)
    ]
    assert [resource["id"] for resource in client.get(f"/v1/speakers/{speaker.id}/sessions").data] == [
        str(session.id)
    ]


def test_a_gender_is_one_of_those_offered(client: Client) -> None:
    reply = create(client.signed_in_as(stored(make_user)), stored(make_event), gender="Robot")
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, "/data/attributes/gender")
