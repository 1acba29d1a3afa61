"""Favourite sessions: one's own, counted on the session, and nameless to others."""

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import make_session
from tests.factories.user import make_user
from tests.factories.user_favourite_session import make_user_favourite_session
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client


def test_a_favourite_is_ones_own_and_counts_once(client: Client, database: TestDatabase) -> None:
    fan, talk = stored(make_user), stored(make_session)
    asking = client.signed_in_as(fan)
    sent = document("user-favourite-session", {}, session=("session", talk))
    assert client.post("/v1/user-favourite-sessions", sent).status == 401
    made = asking.post("/v1/user-favourite-sessions", sent)
    assert made.status == 201, made.text
    assert database.one("SELECT favourite_count FROM sessions") == 1
    assert asking.post("/v1/user-favourite-sessions", sent).status == 409
    shown = asking.get(f"/v1/sessions/{talk.id}?include=favourite").data["relationships"]["favourite"]
    assert shown["data"]["id"] == made.data["id"]
    other = client.signed_in_as(stored(make_user))
    for stranger in (other, client):
        theirs = stranger.get(f"/v1/sessions/{talk.id}?include=favourite").data["relationships"]["favourite"]
        assert theirs["data"] is None
    assert client.get(f"/v1/events/{talk.event_id}/user-favourite-sessions").json["meta"]["count"] == 1
    address = f"/v1/user-favourite-sessions/{made.data['id']}"
    assert other.delete(address).status in {403, 404}
    assert asking.delete(address).status == 200
    assert database.one("SELECT favourite_count FROM sessions") == 0


def test_a_hidden_session_cannot_be_a_favourite(client: Client) -> None:
    hidden = stored(make_session, event=stored(make_event, state="draft"))
    sent = document("user-favourite-session", {}, session=("session", hidden))
    assert client.signed_in_as(stored(make_user)).post("/v1/user-favourite-sessions", sent).status == 404


def test_who_likes_what_is_told_by_public_profiles_only(client: Client) -> None:
    talk = stored(make_session)
    shy, open_one = stored(make_user), stored(make_user, is_profile_public=True)
    for fan in (shy, open_one):
        stored(make_user_favourite_session, user=fan, session=talk)
    reply = client.get(f"/v1/sessions/{talk.id}/favourites?include=user")
    assert reply.json["meta"]["count"] == 2
    assert [resource["id"] for resource in reply.json["included"]] == [str(open_one.id)]
    assert client.get("/v1/user-favourite-sessions?include=user").status == 401
    assert client.signed_in_as(shy).get("/v1/user-favourite-sessions?include=user").status == 403
    mine = client.signed_in_as(shy).get(f"/v1/users/{shy.id}/user-favourite-sessions?include=user")
    assert [resource["id"] for resource in mine.json["included"]] == [str(shy.id)]
