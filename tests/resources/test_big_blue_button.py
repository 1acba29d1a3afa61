"""Rooms at BigBlueButton, against a server that verifies checksums and keeps meetings."""

import socket
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import pytest

from chalicelib.settings import settings
from devstack.stand_in_server import Asked, StandInServer, Told
from devstack.video_stand_in import PATH, VideoStandIn
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.microlocation import make_microlocation
from tests.factories.order import make_order
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.factories.video_channel import make_video_channel
from tests.factories.video_stream import attributes
from tests.factories.video_stream_moderator import make_video_stream_moderator
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply

pytestmark = pytest.mark.one_database

SECRET = "only-the-two-servers-know"


@pytest.fixture
def service() -> Iterator[VideoStandIn]:
    server = VideoStandIn(SECRET)
    yield server
    server.close()


def channel_at(api_url: str | None, **values: Any) -> Any:
    return stored(make_video_channel, provider="bbb", api_url=api_url, api_key=SECRET, **values)


class Room:
    """An owner's event, and their client."""

    def __init__(self, client: Client) -> None:
        self.owner = stored(make_user, public_name="Ada & Co")
        self.event = stored(make_event, owner=self.owner)
        self.client = client
        self.asking = client.signed_in_as(self.owner)

    def create(self, channel: Any, **more: Any) -> Reply:
        links = {"event": ("event", self.event), "video-channel": ("video-channel", channel)}
        return self.asking.post(
            "/v1/video-streams", document("video-stream", {**attributes(), **more}, **links)
        )

    def attendee(self, status: str = "completed") -> Any:
        guest = stored(make_user, first_name="Grace", last_name="Hopper", public_name=None)
        order = stored(make_order, event=self.event, status=status)
        stored(make_attendee, event=self.event, email=guest.email, order_id=order.id)
        return guest


@pytest.fixture
def room(client: Client) -> Room:
    return Room(client)


def enter(url: str) -> str:
    with urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


def join(client: Client, stream_id: Any, who: Any) -> Reply:
    return client.signed_in_as(who).get(f"/v1/video-streams/{stream_id}/join")


def test_a_room_is_a_meeting_whose_passwords_nobody_reads(
    room: Room, service: VideoStandIn, database: TestDatabase
) -> None:
    options = {"record": False, "welcome": "Tervetuloa & hei", "maxParticipants": 30, "bannerText": None}
    made = room.create(channel_at(service.api_url + "/"), extra={"bbb_options": options})
    assert made.status == 201, made.text
    (id, meeting), *others = service.meetings.items()
    assert others == []
    sent = meeting.created_with
    assert (sent["name"], sent["meetingID"]) == (made.data["attributes"]["name"], id)
    assert (sent["record"], sent["muteOnStart"], sent["welcome"]) == ("false", "true", "Tervetuloa & hei")
    assert sent["maxParticipants"] == "30"
    assert "bannerText" not in sent
    staff = room.client.signed_in_as(stored(make_user, is_super_admin=True))
    for asking in (room.asking, staff):
        shown = asking.get(f"/v1/video-streams/{made.data['id']}?include=video-channel,event")
        assert (
            made.data["attributes"]["extra"] == shown.data["attributes"]["extra"] == {"bbb_options": options}
        )
        for secret in (id, meeting.attendee, meeting.moderator):
            assert secret not in made.text + shown.text
    for filtered in ("filter[meeting]=x", "sort=meeting", "fields[video-stream]=meeting"):
        assert meeting.moderator not in staff.get(f"/v1/video-streams?{filtered}").text
    kept = database.one(f"SELECT meeting FROM video_streams WHERE id = {made.data['id']}")
    assert kept == {"id": id, "attendee": meeting.attendee, "moderator": meeting.moderator}


def test_people_join_by_their_role(room: Room, service: VideoStandIn) -> None:
    stream = room.create(channel_at(service.api_url)).data["id"]
    moderator, helper = (
        stored(make_user),
        stored(make_users_events_roles, event=room.event, role="coorganizer"),
    )
    stored(make_video_stream_moderator, video_stream=room_row(stream), email=moderator.email)
    nameless = stored(make_user, first_name=None, last_name=None, public_name="  ", is_admin=True)
    people = [
        (room.owner, "Ada & Co", "MODERATOR"),
        (room.attendee(), "Grace Hopper", "VIEWER"),
        (room.attendee("placed"), "Grace Hopper", "VIEWER"),
        (nameless, "Anonymous User", "MODERATOR"),
    ]
    for who, name, role in people:
        reply = join(room.client, stream, who)
        assert (reply.status, list(reply.json)) == (200, ["url"]), reply.text
        assert reply.headers["cache-control"].startswith("no-store")
        assert "SUCCESS" in enter(reply.json["url"])
        (meeting,) = service.meetings.values()
        assert meeting.people.pop() == (name, role)
    for who in (moderator, helper.user_id):
        enter(join(room.client, stream, who).json["url"])
    assert {role for _, role in next(iter(service.meetings.values())).people} == {"MODERATOR"}
    for who in (stored(make_user), room.attendee("pending"), room.attendee("cancelled")):
        assert join(room.client, stream, who).status == 404
    assert room.client.get(f"/v1/video-streams/{stream}/join").status == 401
    assert join(room.client, "99999999", room.owner).status == 404
    assert join(room.client, "main", room.owner).status == 404


def test_a_link_cannot_be_made_from_an_attendees(room: Room, service: VideoStandIn) -> None:
    stream = room.create(channel_at(service.api_url)).data["id"]
    url = join(room.client, stream, room.attendee()).json["url"]
    assert "checksumError" in enter(url.replace("Grace", "Ada"))
    assert SECRET not in url
    (meeting,) = service.meetings.values()
    assert meeting.moderator not in url
    assert meeting.people == []


def test_a_meeting_that_has_ended_is_made_again_by_who_joins(room: Room, service: VideoStandIn) -> None:
    stream = room.create(channel_at(service.api_url)).data["id"]
    (first,) = service.meetings.items()
    service.meetings.clear()
    assert "SUCCESS" in enter(join(room.client, stream, room.attendee()).json["url"])
    (second,) = service.meetings.items()
    assert (second[0], second[1].attendee) == (first[0], first[1].attendee)


def test_a_room_without_a_meeting_gets_one_by_who_joins(
    room: Room, service: VideoStandIn, database: TestDatabase
) -> None:
    stream = room.create(channel_at(service.api_url)).data["id"]
    database.run(f"UPDATE video_streams SET meeting = NULL WHERE id = {stream}")
    service.meetings.clear()
    for _ in range(2):
        assert "SUCCESS" in enter(join(room.client, stream, room.owner).json["url"])
    assert list(service.meetings) == [
        database.one(f"SELECT meeting->>'id' FROM video_streams WHERE id = {stream}")
    ]


def room_row(id: str) -> Any:
    from types import SimpleNamespace

    return SimpleNamespace(id=int(id))


def test_a_running_meeting_is_ended_on_demand(room: Room, service: VideoStandIn) -> None:
    stream = room.create(channel_at(service.api_url)).data["id"]

    def patch(who: Client, **options: Any) -> Reply:
        sent = document("video-stream", {"extra": {"bbb_options": options}}, int(stream))
        return who.patch(f"/v1/video-streams/{stream}", sent)

    assert patch(room.asking, endCurrentMeeting=True).status == 200
    assert len(service.meetings) == 1, "nobody was in it"
    enter(join(room.client, stream, room.owner).json["url"])
    asked = len(service.calls)
    assert patch(room.asking, endCurrentMeeting=False).status == 200
    assert patch(room.client.signed_in_as(room.attendee()), endCurrentMeeting=True).status == 403
    assert len(service.calls) == asked
    assert patch(room.asking, endCurrentMeeting=True, welcome="Again").status == 200
    assert service.meetings == {}
    enter(join(room.client, stream, room.owner).json["url"])
    (meeting,) = service.meetings.values()
    assert meeting.created_with["welcome"] == "Again"


def test_a_room_moves_to_another_server(room: Room, service: VideoStandIn) -> None:
    jitsi = stored(make_video_channel)
    stream = room.create(jitsi)
    assert (stream.status, service.calls) == (201, [])
    refused = join(room.client, stream.data["id"], room.owner)
    assert (refused.status, refused.errors[0]["source"]) == (400, {"parameter": "id"})
    link = {"data": {"type": "video-channel", "id": str(channel_at(service.api_url).id)}}
    address = f"/v1/video-streams/{stream.data['id']}"
    assert room.asking.patch(f"{address}/relationships/video-channel", link).status in {200, 204}
    assert "SUCCESS" in enter(join(room.client, stream.data["id"], room.owner).json["url"])
    other = VideoStandIn(SECRET)
    try:
        sent = document(
            "video-stream",
            {},
            int(stream.data["id"]),
            **{"video-channel": ("video-channel", channel_at(other.api_url))},
        )
        assert room.asking.patch(address, sent).status == 200
        assert len(other.meetings) == 1
        assert "SUCCESS" in enter(join(room.client, stream.data["id"], room.owner).json["url"])
        assert list(other.meetings) == list(service.meetings)
    finally:
        other.close()


def test_what_is_refused_makes_no_meeting(room: Room, service: VideoStandIn, database: TestDatabase) -> None:
    channel = channel_at(service.api_url)
    taken = stored(make_microlocation)
    stranger = Room(room.client)
    stranger.event = room.event
    before = database.one("SELECT count(*) FROM video_streams")
    assert stranger.create(channel).status == 403
    both = document("video-stream", attributes(), **{"video-channel": ("video-channel", channel)})
    assert room.asking.post("/v1/video-streams", both).status == 422
    both["data"]["relationships"]["rooms"] = {"data": [{"type": "microlocation", "id": str(taken.id)}]}
    assert room.asking.post("/v1/video-streams", both).status == 403
    assert (service.calls, service.meetings) == ([], {})
    assert room.create(channel).status == 201
    assert room.create(channel).status == 409
    assert service.calls == ["create"]
    assert database.one("SELECT count(*) FROM video_streams") == before + 1


def test_a_service_that_refuses_is_told_at_the_channel(
    room: Room, service: VideoStandIn, database: TestDatabase
) -> None:
    before = database.one("SELECT count(*) FROM video_streams")
    wrong = stored(make_video_channel, provider="bbb", api_url=service.api_url, api_key="another")
    bare = stored(make_video_channel, provider="bbb", api_url=None, api_key=None)
    for channel in (wrong, bare):
        refused = room.create(channel)
        pointer = refused.errors[0]["source"]["pointer"]
        assert (refused.status, pointer) == (422, "/data/relationships/video-channel"), refused.text
        assert service.api_url not in refused.text
        assert "another" not in refused.text
    assert database.one("SELECT count(*) FROM video_streams") == before


def elsewhere(_: Asked) -> Told:
    return Told(302, b"", {"Location": "http://127.0.0.1:1/create"})


def entities(_: Asked) -> Told:
    return Told(
        200,
        b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><response><returncode>SUCCESS</returncode>'
        b"<meetingID>&b;</meetingID></response>",
    )


ODD = {
    "redirect": elsewhere,
    "entities": entities,
    "no XML": lambda _: Told(200, b"<html><p>Hello"),
    "encoding": lambda _: Told(200, b'<?xml version="1.0" encoding="gbk"?><response/>'),
    "no encoding": lambda _: Told(200, b'<?xml version="1.0" encoding="of-ours"?><response/>'),
    "deep": lambda _: Told(200, b"<a>" * 100_000 + b"</a>" * 100_000),
    "nothing": lambda _: Told(200, b""),
    "error": lambda _: Told(500, b"oops"),
    "too long": lambda _: Told(200, b"<response>" + b" " * 1_100_000 + b"</response>"),
}


@pytest.mark.parametrize("odd", ODD)
def test_an_answer_that_is_none_is_502(room: Room, odd: str, database: TestDatabase) -> None:
    server = StandInServer(ODD[odd])
    try:
        before = database.one("SELECT count(*) FROM video_streams")
        reply = room.create(channel_at(server.address))
        assert (reply.status, reply.errors[0]["status"]) == (502, "502"), reply.text
        assert server.address not in reply.text
        assert database.one("SELECT count(*) FROM video_streams") == before
    finally:
        server.close()


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_answer_leaves_a_room_and_its_recordings_as_they_are(
    room: Room, service: VideoStandIn, odd: str, database: TestDatabase
) -> None:
    channel = channel_at(service.api_url)
    stream = room.create(channel).data["id"]
    service.record(next(iter(service.meetings)))
    address = f"/v1/video-streams/{stream}/video-recordings"
    (recording,) = room.asking.get(address).data
    staff = room.client.signed_in_as(stored(make_user, is_admin=True))
    kept = database.rows(f"SELECT meeting, extra FROM video_streams WHERE id = {stream}")
    server = StandInServer(ODD[odd])
    try:
        database.run(f"UPDATE video_channels SET api_url = '{server.address}' WHERE id = {channel.id}")
        ending = document(
            "video-stream", {"extra": {"bbb_options": {"endCurrentMeeting": True}}}, int(stream)
        )
        replies = [
            join(room.client, stream, room.owner),
            room.asking.get(address),
            room.asking.patch(f"/v1/video-streams/{stream}", ending),
            staff.delete(f"/v1/video-recordings/{recording['id']}"),
        ]
        assert [reply.status for reply in replies] == [502] * 4
        assert all(server.address not in reply.text for reply in replies)
    finally:
        server.close()
    assert database.rows(f"SELECT meeting, extra FROM video_streams WHERE id = {stream}") == kept
    assert staff.get(f"/v1/video-recordings/{recording['id']}").status == 200


def test_a_service_that_is_not_there_is_503(room: Room, service: VideoStandIn) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{unused.getsockname()[1]}/api"
        for api_url in (gone, "http://no-such-host.invalid/api"):
            reply = room.create(channel_at(api_url))
            assert (reply.status, reply.headers["retry-after"]) == (503, "10"), reply.text
    stream = room.create(channel_at(service.api_url)).data["id"]
    service.close()
    for path in ("join", "video-recordings"):
        reply = room.asking.get(f"/v1/video-streams/{stream}/{path}")
        assert reply.status == 503, reply.text
        assert "127.0.0.1" not in reply.text


def test_recordings_come_from_the_service_once(
    room: Room, service: VideoStandIn, database: TestDatabase
) -> None:
    stream = room.create(channel_at(service.api_url)).data["id"]
    (id,) = service.meetings
    address = f"/v1/video-streams/{stream}/video-recordings"
    assert room.asking.get(address).data == []
    kept, gone = service.record(id), service.record(id)
    service.record(id, url="javascript:alert(1)")
    service.record(id, published="false")
    service.record("another")
    for listed in (room.asking.get(address), room.asking.get(address)):
        assert listed.status == 200, listed.text
        assert {shown["attributes"]["bbb-record-id"] for shown in listed.data} == {kept, gone}
    shown = room.asking.get(address).data[0]["attributes"]
    assert (shown["participants"], shown["start-time"][:10]) == (3, "2030-03-17")
    by_id = {shown["attributes"]["bbb-record-id"]: shown["id"] for shown in room.asking.get(address).data}
    helper = stored(make_users_events_roles, event=room.event, role="coorganizer").user_id
    asked = len(service.calls)
    assert room.client.signed_in_as(helper).get(address).data == []
    assert room.client.get(address).status == 404
    assert len(service.calls) == asked
    staff = room.client.signed_in_as(stored(make_user, is_admin=True))
    assert room.asking.delete(f"/v1/video-recordings/{by_id[gone]}").status == 403
    assert gone in service.recordings
    assert staff.delete(f"/v1/video-recordings/{by_id[gone]}").status == 200
    assert gone not in service.recordings
    assert [shown["id"] for shown in room.asking.get(address).data] == [by_id[kept]]
    del service.recordings[kept]  # deleted there by somebody else
    assert staff.delete(f"/v1/video-recordings/{by_id[kept]}").status == 200
    assert room.asking.get(address).data == []


def test_recordings_of_rooms_are_their_organizers(room: Room, service: VideoStandIn) -> None:
    place = stored(make_microlocation, event=room.event)
    sent = document(
        "video-stream", attributes(), **{"video-channel": ("video-channel", channel_at(service.api_url))}
    )
    sent["data"]["relationships"]["rooms"] = {"data": [{"type": "microlocation", "id": str(place.id)}]}
    stream = room.asking.post("/v1/video-streams", sent).data["id"]
    (id,) = service.meetings
    service.record(id)
    assert len(room.asking.get(f"/v1/video-streams/{stream}/video-recordings").data) == 1
    assert "SUCCESS" in enter(join(room.client, stream, room.attendee()).json["url"])


def test_a_recording_that_the_service_keeps_is_kept(room: Room, service: VideoStandIn) -> None:
    channel = channel_at(service.api_url)
    stream = room.create(channel).data["id"]
    service.record(next(iter(service.meetings)))
    (recording,) = room.asking.get(f"/v1/video-streams/{stream}/video-recordings").data
    service.secret = "changed"
    staff = room.client.signed_in_as(stored(make_user, is_admin=True))
    address = f"/v1/video-recordings/{recording['id']}"
    assert staff.delete(address).status == 422
    assert staff.get(address).status == 200
    service.close()
    assert staff.delete(address).status == 503
    assert staff.get(address).status == 200


_OPEN = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
"""


def test_no_transaction_is_open_while_the_service_is_asked(
    room: Room, service: VideoStandIn, database: TestDatabase
) -> None:
    seen: list[int] = []

    def watched(asked: Asked) -> Told:
        seen.append(database.one(_OPEN))
        return service._answer(asked)

    server = StandInServer(watched)
    try:
        stream = room.create(channel_at(f"{server.address}{PATH}")).data["id"]
        enter(join(room.client, stream, room.owner).json["url"])
        service.record(next(iter(service.meetings)))
        (recording,) = room.asking.get(f"/v1/video-streams/{stream}/video-recordings").data
        sent = document("video-stream", {"extra": {"bbb_options": {"endCurrentMeeting": True}}}, int(stream))
        assert room.asking.patch(f"/v1/video-streams/{stream}", sent).status == 200
        staff = room.client.signed_in_as(stored(make_user, is_admin=True))
        assert staff.delete(f"/v1/video-recordings/{recording['id']}").status == 200
    finally:
        server.close()
    assert (set(seen), len(seen)) == ({0}, 7)
    assert (service.meetings, service.recordings) == ({}, {})


def test_a_repeated_request_makes_one_meeting(room: Room, service: VideoStandIn) -> None:
    links = {"event": ("event", room.event), "video-channel": ("video-channel", channel_at(service.api_url))}
    sent = document("video-stream", attributes(), **links)
    keyed = room.asking.with_headers({"Idempotency-Key": "one-room"})
    first, second = (keyed.post("/v1/video-streams", sent) for _ in range(2))
    assert (first.status, second.status, second.headers["idempotent-replayed"]) == (201, 201, "true")
    assert first.data["id"] == second.data["id"]
    assert (service.calls, len(service.meetings)) == (["create"], 1)


def test_a_deleted_event_has_no_meeting(room: Room, service: VideoStandIn) -> None:
    stream = room.create(channel_at(service.api_url)).data["id"]
    guest, staff = room.attendee(), stored(make_user, is_super_admin=True)
    assert room.client.signed_in_as(staff).delete(f"/v1/events/{room.event.id}").status == 200
    asked = len(service.calls)
    for who in (guest, room.owner, staff):
        assert join(room.client, stream, who).status == 404
    assert len(service.calls) == asked


@pytest.mark.usefixtures("limits_on")
def test_calls_are_counted_for_the_account(
    room: Room, service: VideoStandIn, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LIMIT_SERVICE_CALLS", "4/1h")
    settings.cache_clear()
    stream = room.create(channel_at(service.api_url)).data["id"]
    replies = [join(room.client, stream, room.owner) for _ in range(4)]
    assert [reply.status for reply in replies] == [200, 200, 200, 429]
    assert replies[-1].headers["retry-after"]
    assert service.calls.count("create") == 4
    sent = document("video-stream", {"extra": {"bbb_options": {"endCurrentMeeting": True}}}, int(stream))
    assert room.asking.patch(f"/v1/video-streams/{stream}", sent).status == 429
    assert join(room.client, stream, room.attendee()).status == 200
