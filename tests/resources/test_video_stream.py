"""Video streams: at an event or in its rooms, for those who take part, run by the team."""

from typing import Any

from chalicelib import db
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.microlocation import make_microlocation
from tests.factories.session import make_session
from tests.factories.speaker import make_speaker
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.factories.video_channel import make_video_channel
from tests.factories.video_recording import make_video_recording
from tests.factories.video_stream import attributes, make_video_stream
from tests.factories.video_stream_moderator import make_video_stream_moderator
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply


def create(client: Client, rooms: list[Any] | None = None, **links: Any) -> Reply:
    body = document("video-stream", attributes(), **links)
    if rooms is not None:
        data = [{"type": "microlocation", "id": str(room.id)} for room in rooms]
        body["data"].setdefault("relationships", {})["rooms"] = {"data": data}
    return client.post("/v1/video-streams", body)


def test_a_stream_is_at_an_event_or_in_rooms(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    room = stored(make_microlocation, event=event)
    asking = client.signed_in_as(owner)
    assert create(asking).status == 422
    assert create(asking, [room], event=("event", event)).status == 422
    assert create(client, [room]).status == 401
    assert create(client.signed_in_as(stored(make_user)), [room]).status == 403
    made = create(asking, [room])
    assert made.status == 201, made.text
    assert asking.get(f"/v1/microlocations/{room.id}/video-stream").data["id"] == made.data["id"]
    assert create(asking, event=("event", event)).status == 201
    again = create(asking, event=("event", event))
    assert (again.status, again.errors[0]["source"]["pointer"]) == (409, "/data/relationships/event")
    assert database.one("SELECT count(*) FROM video_streams") == 2


def test_rooms_of_several_events_share_no_stream(client: Client) -> None:
    owner = stored(make_user)
    rooms = [stored(make_microlocation, event=stored(make_event, owner=owner)) for _ in range(2)]
    asking = client.signed_in_as(owner)
    assert create(asking, rooms).status == 403
    stream = create(asking, rooms[:1]).data["id"]
    link = {"data": {"type": "video-stream", "id": stream}}
    assert asking.patch(f"/v1/microlocations/{rooms[1].id}/relationships/video-stream", link).status == 403
    moved = document("microlocation", {}, rooms[0].id)
    moved["data"]["relationships"] = {"event": {"data": {"type": "event", "id": str(rooms[1].event_id)}}}
    assert asking.patch(f"/v1/microlocations/{rooms[0].id}", moved).status == 200


def test_a_stream_cannot_be_taken_over_by_way_of_a_room(client: Client) -> None:
    mallory = stored(make_user)
    stream = stored(make_video_stream)
    stored(make_video_stream_moderator, video_stream=stream, email=mallory.email)
    room = stored(make_microlocation, event=stored(make_event, owner=mallory))
    asking = client.signed_in_as(mallory)
    assert asking.get(f"/v1/video-streams/{stream.id}").status == 200
    link = {"data": {"type": "video-stream", "id": str(stream.id)}}
    assert asking.patch(f"/v1/microlocations/{room.id}/relationships/video-stream", link).status == 403
    assert (
        asking.patch(f"/v1/video-streams/{stream.id}", document("video-stream", {}, stream.id)).status == 403
    )


def test_those_who_take_part_may_enter(client: Client) -> None:
    event = stored(make_event)
    helper = stored(make_users_events_roles, event=event, role="coorganizer").user_id
    moderator, speaker, waiting, stranger = (stored(make_user) for _ in range(4))
    unverified = stored(make_user, is_verified=False)
    room = stored(make_microlocation, event=event)
    stream = stored(make_video_stream, rooms=[room])
    stored(make_video_stream_moderator, video_stream=stream, email=moderator.email.upper())
    stored(make_video_stream_moderator, video_stream=stream, email=unverified.email)
    for who, state in ((speaker, "confirmed"), (waiting, "pending")):
        talk = stored(make_session, event=event, state=state)
        stored(make_speaker, event=event, email=who.email, sessions=[talk])
    people = {helper: 200, moderator.id: 200, speaker.id: 200, waiting.id: 404, stranger.id: 404}
    for user_id, status in {**people, unverified.id: 404, 0: 404}.items():
        asking = client.signed_in_as(user_id) if user_id else client
        assert asking.get(f"/v1/video-streams/{stream.id}").status == status, user_id
        assert asking.get("/v1/video-streams").json["meta"]["count"] == (status == 200)
        included = asking.get(f"/v1/microlocations/{room.id}?include=video-stream").json["included"]
        assert len(included) == (status == 200)


def test_attendees_enter_once_their_order_stands(client: Client) -> None:
    from tests.factories.attendee import make_attendee
    from tests.factories.order import make_order

    event = stored(make_event)
    stream = stored(make_video_stream, event=event)
    for status, entered in (("completed", 200), ("placed", 200), ("pending", 404), ("cancelled", 404)):
        guest = stored(make_user)
        order = stored(make_order, event=event, status=status)
        stored(make_attendee, event=event, email=guest.email, order_id=order.id)
        assert client.signed_in_as(guest).get(f"/v1/video-streams/{stream.id}").status == entered, status


def test_recordings_are_for_organizers(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    helper = stored(make_users_events_roles, event=event, role="coorganizer").user_id
    stream = stored(make_video_stream, event=event)
    found = stored(make_video_recording, video_stream=stream)
    for who, status in ((owner, 200), (helper, 404)):
        asking = client.signed_in_as(who)
        assert asking.get(f"/v1/video-recordings/{found.id}").status == status
        listed = asking.get(f"/v1/video-streams/{stream.id}/video-recordings")
        assert listed.json["meta"]["count"] == (status == 200)
        assert asking.get("/v1/video-recordings").status == 403
        assert asking.delete(f"/v1/video-recordings/{found.id}").status in {403, 404}
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    assert staff.delete(f"/v1/video-recordings/{found.id}").status == 200


def test_a_moderator_is_whose_address_it_is(client: Client) -> None:
    owner, moderator = stored(make_user), stored(make_user)
    stream = stored(make_video_stream, event=stored(make_event, owner=owner))
    asking = client.signed_in_as(owner)
    address = f"/v1/video-streams/{stream.id}/video-stream-moderators"
    sent = document("video-stream-moderator", {"email": moderator.email}, user=("user", owner))
    assert client.signed_in_as(moderator).post(address, sent).status in {403, 404}
    made = asking.post(f"{address}?include=user", sent)
    assert made.status == 201, made.text
    assert made.data["relationships"]["user"]["data"]["id"] == str(moderator.id)
    assert asking.post(address, sent).status == 409
    mine = client.signed_in_as(moderator).get(f"/v1/users/{moderator.id}/video-stream-moderators")
    assert [resource["id"] for resource in mine.data] == [made.data["id"]]
    assert asking.get("/v1/video-stream-moderators").status == 403
    foreign = stored(make_video_stream)
    link = {"data": {"type": "video-stream", "id": str(foreign.id)}}
    moved = asking.patch(f"/v1/video-stream-moderators/{made.data['id']}/relationships/video-stream", link)
    assert moved.status in {403, 404}


def test_keys_of_channels_are_for_staff(client: Client) -> None:
    channel = stored(make_video_channel, extra={"secret": 1})
    public = client.get(f"/v1/video-channels/{channel.id}").data["attributes"]
    assert {"api-key", "extra"}.isdisjoint(public)
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    shown = staff.get(f"/v1/video-channels/{channel.id}").data["attributes"]
    assert (shown["api-key"], shown["extra"]) == (channel.api_key, {"secret": 1})


def test_translations_are_written_by_the_team(client: Client) -> None:
    owner = stored(make_user)
    stream = stored(make_video_stream, event=stored(make_event, owner=owner))
    links = {
        "video_stream": ("video_stream", stream),
        "channel": ("video_channel", stored(make_video_channel)),
    }
    sent = document("translation_channel", {"name": "Suomi", "url": "https://meet.example.org/fi"}, **links)
    assert client.post("/v1/translation_channels", sent).status == 401
    assert client.signed_in_as(stored(make_user)).post("/v1/translation_channels", sent).status in {403, 404}
    made = client.signed_in_as(owner).post("/v1/translation_channels", sent)
    assert made.status == 201, made.text
    for path in (
        f"/v1/video-streams/{stream.id}/translation_channels",
        f"/v1/translation_channel/{made.data['id']}/relationships/video-stream",
    ):
        assert client.signed_in_as(owner).get(path).status == 200


def test_everybody_finds_the_chatmosphere_room(client: Client) -> None:
    event = stored(make_event)
    address = f"/v1/events/{event.identifier}/chatmosphere"
    assert client.get(address).status == 404
    channel = stored(make_video_channel, provider="chatmosphere")
    stream = stored(make_video_stream, event=event, video_channel_id=channel.id, password="secret")
    shown = client.get(address, query={"fields[video-stream]": "password", "include": "event"})
    assert shown.data["attributes"] == {"name": stream.name, "url": stream.url}
    assert "included" not in shown.json
    with db.transaction() as session:
        session.merge(event).state = "draft"
    assert client.get(address).status == 404
