"""Invitations to speak: from somebody on the session, to somebody who answers by themselves."""

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import make_session
from tests.factories.speaker import make_speaker
from tests.factories.speaker_invite import make_speaker_invite
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply


def invite(client: Client, talk: object, event: object, email: str, **attributes: object) -> Reply:
    sent = {"email": email, **attributes}
    body = document("speaker-invite", sent, session=("session", talk), event=("event", event))
    return client.post("/v1/speaker-invites", body)


def test_a_speaker_of_the_session_invites(client: Client) -> None:
    speaker, event = stored(make_user), stored(make_event)
    talk = stored(make_session, event=event, creator_id=speaker.id)
    assert invite(client, talk, event, "x@example.org").status == 401
    assert invite(client.signed_in_as(stored(make_user)), talk, event, "x@example.org").status == 403
    asking = client.signed_in_as(speaker)
    made = invite(asking, talk, event, "x@example.org")
    assert made.status == 201, made.text
    assert made.data["attributes"]["status"] == "pending"
    assert made.data["attributes"]["created-at"]
    assert invite(asking, talk, event, "X@example.org").status == 409
    assert invite(asking, talk, event, "y@example.org", status="accepted").status == 403
    assert invite(asking, talk, stored(make_event), "z@example.org").status == 422


def test_a_speaker_needs_no_invitation(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    talk = stored(make_session, event=event)
    speaker = stored(make_speaker, event=event, sessions=[talk])
    reply = invite(client.signed_in_as(owner), talk, event, str(speaker.email))
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (403, "/data/attributes/email")


def test_strangers_see_no_invitations(client: Client) -> None:
    guest, owner = stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner)
    talk = stored(make_session, event=event, state="pending")
    found = stored(make_speaker_invite, talk=talk, email=guest.email.upper())
    for who, count in ((guest, 1), (owner, 1), (stored(make_user), 0), (None, 0)):
        asking = client.signed_in_as(who) if who else client
        assert asking.get(f"/v1/speaker-invites/{found.id}").status in ({200} if count else {401, 404})
        assert asking.get(f"/v1/events/{event.id}/speaker-invites").json["meta"]["count"] == count
        assert asking.get(f"/v1/sessions/{talk.id}").status == (200 if count else 404)
    unverified = stored(make_user, email="late@example.org", is_verified=False)
    stored(make_speaker_invite, talk=talk, email=unverified.email)
    assert client.signed_in_as(unverified).get(f"/v1/sessions/{talk.id}").status == 404


def test_accepting_adds_the_profile_to_the_session(client: Client, database: TestDatabase) -> None:
    guest, owner = stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner)
    talk = stored(make_session, event=event)
    found = stored(make_speaker_invite, talk=talk, email=guest.email)
    address = f"/v1/speaker-invites/{found.id}"
    asking = client.signed_in_as(guest)
    assert client.get(f"{address}/accept-invite").status == 401
    assert client.signed_in_as(owner).get(f"{address}/accept-invite").status == 403
    assert asking.get(f"{address}/accept-invite").status == 403  # no profile yet
    profile = stored(make_speaker, event=event, email=guest.email)
    assert asking.get(f"{address}/accept-invite").json["success"] is True
    assert database.one("SELECT speaker_id FROM speakers_sessions") == profile.id
    assert asking.get(f"{address}/accept-invite").status == 409
    assert asking.get(f"{address}/reject-invite").status == 409
    assert client.signed_in_as(owner).delete(address).status == 409


def test_rejecting_leaves_the_session_alone(client: Client, database: TestDatabase) -> None:
    guest = stored(make_user)
    found = stored(make_speaker_invite, email=guest.email)
    assert client.signed_in_as(guest).get(f"/v1/speaker-invites/{found.id}/reject-invite").status == 200
    assert database.one("SELECT status FROM speaker_invites") == "rejected"
    assert database.one("SELECT count(*) FROM speakers_sessions") == 0
