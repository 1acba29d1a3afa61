"""Who is invited to speak or to moderate a video room gets a mail with the link."""

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.microlocation import make_microlocation
from tests.factories.session import make_session
from tests.factories.speaker import make_speaker
from tests.factories.user import make_user
from tests.factories.video_stream import make_video_stream
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump


def test_an_invitation_to_speak_is_mailed(client: Client, pump: Pump, database: TestDatabase) -> None:
    speaker = stored(make_user, first_name="Ada", last_name="Lovelace")
    event = stored(make_event, name="Harbour Jazz Days")
    talk = stored(make_session, event=event, title="Engines", creator_id=speaker.id)
    stored(make_speaker, event=event, sessions=[talk], user_id=speaker.id)
    links = {"session": ("session", talk), "event": ("event", event)}
    sent = document("speaker-invite", {"email": "grace@example.org"}, **links)
    assert client.signed_in_as(stored(make_user)).post("/v1/speaker-invites", sent).status in {403, 404}
    reply = client.signed_in_as(speaker).post("/v1/speaker-invites", sent)
    assert reply.status == 201, reply.text
    pump.everything()
    (mail,) = pump.mails()
    assert (mail["to"], mail["subject"]) == (
        ["grace@example.org"],
        "Invitation to speak at Harbour Jazz Days",
    )
    assert "Ada Lovelace" in mail["text"]
    assert f"http://localhost:4200/e/{event.identifier}/cfs" in mail["text"]
    assert database.one("SELECT action FROM mails") == "speaker_invite"


def test_an_invitation_to_moderate_is_mailed_for_an_event_and_for_its_rooms(
    client: Client, pump: Pump, database: TestDatabase
) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    main = stored(make_video_stream, event=event, name="Main / hall")
    room = stored(make_video_stream, event=None, name="Side")
    stored(make_microlocation, event=event, video_stream_id=room.id)
    database.run("UPDATE video_streams SET event_id = NULL WHERE id = :id", id=room.id)
    for number, stream in enumerate((main, room)):
        sent = document(
            "video-stream-moderator",
            {"email": f"grace.{number}@example.org"},
            video_stream=("video-stream", stream),
        )
        reply = client.signed_in_as(owner).post("/v1/video-stream-moderators", sent)
        assert reply.status == 201, reply.text
    pump.everything()
    links = {
        mail["to"][0]: mail["text"].split("http://localhost:4200")[1].split()[0] for mail in pump.mails()
    }
    assert links == {
        "grace.0@example.org": f"/e/{event.identifier}/video/Main%20%2F%20hall/{main.id}",
        "grace.1@example.org": f"/e/{event.identifier}/video/Side/{room.id}",
    }
