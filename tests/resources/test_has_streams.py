"""Whether an event has video rooms, and who may enter them: asked for each event page."""

from typing import Any

import pytest

from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.microlocation import make_microlocation
from tests.factories.order import make_order
from tests.factories.session import make_session
from tests.factories.speaker import make_speaker
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.factories.video_stream import make_video_stream
from tests.factories.video_stream_moderator import make_video_stream_moderator
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.statements import counted_statements

pytestmark = pytest.mark.one_database

NEITHER, EXISTS, BOTH = (
    {"exists": False, "can_access": False},
    {"exists": True, "can_access": False},
    {"exists": True, "can_access": True},
)


def ask(client: Client, event: Any, who: Any = None) -> Any:
    asking = client.signed_in_as(who) if who is not None else client
    replies = [asking.get(f"/v1/events/{key}/has-streams") for key in (event.id, event.identifier)]
    assert [reply.status for reply in replies] == [200, 200], replies[0].text
    assert replies[0].json == replies[1].json
    return replies[0].json


def test_an_event_has_streams_of_its_own_or_in_rooms(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    assert ask(client, event, owner) == ask(client, event) == NEITHER
    stream = stored(make_video_stream, event=event)
    assert (ask(client, event), ask(client, event, owner)) == (EXISTS, BOTH)
    assert client.signed_in_as(owner).delete(f"/v1/video-streams/{stream.id}").status == 200
    assert ask(client, event, owner) == NEITHER
    room = stored(make_microlocation, event=event)
    stored(make_video_stream, rooms=[room])
    assert (ask(client, event), ask(client, event, owner)) == (EXISTS, BOTH)
    assert client.signed_in_as(owner).delete(f"/v1/microlocations/{room.id}").status == 200
    assert ask(client, event, owner) == NEITHER
    assert ask(client, stored(make_event), owner) == NEITHER


def test_those_who_take_part_may_enter(client: Client) -> None:
    event = stored(make_event)
    stream = stored(make_video_stream, rooms=[stored(make_microlocation, event=event)])
    stored(make_video_stream, event=event)
    people = {name: stored(make_user) for name in ("moderator", "speaker", "waiting", "stranger")}
    people["staff"] = stored(make_user, is_admin=True)
    people["unverified"] = stored(make_user, is_verified=False)
    for name in ("moderator", "unverified"):
        stored(make_video_stream_moderator, video_stream=stream, email=people[name].email.upper())
    for name, state in (("speaker", "accepted"), ("waiting", "pending")):
        talk = stored(make_session, event=event, state=state)
        stored(make_speaker, event=event, email=people[name].email, sessions=[talk])
    for status in ("completed", "placed", "pending", "cancelled", "expired"):
        people[status] = stored(make_user)
        order = stored(make_order, event=event, status=status)
        stored(make_attendee, event=event, email=people[status].email, order_id=order.id)
    enter = {name for name, who in people.items() if ask(client, event, who) == BOTH}
    assert enter == {"moderator", "speaker", "staff", "completed", "placed"}
    for role, expected in (("coorganizer", BOTH), ("registrar", EXISTS), ("track_organizer", EXISTS)):
        holder = stored(make_users_events_roles, event=event, role=role).user_id
        assert ask(client, event, holder) == expected, role
    # The moderator of one room sees that one, and not the others.
    mine = client.signed_in_as(people["moderator"]).get("/v1/video-streams")
    assert [shown["id"] for shown in mine.data] == [str(stream.id)]


def test_rooms_of_drafts_are_the_teams(client: Client) -> None:
    owner, guest, moderator = (stored(make_user) for _ in range(3))
    draft = stored(make_event, owner=owner, state="draft")
    stream = stored(make_video_stream, event=draft)
    stored(make_video_stream_moderator, video_stream=stream, email=moderator.email)
    order = stored(make_order, event=draft, status="completed")
    stored(make_attendee, event=draft, email=guest.email, order_id=order.id)
    assert ask(client, draft, owner) == BOTH
    for who in (guest, moderator):
        assert client.signed_in_as(who).get(f"/v1/events/{draft.id}/has-streams").status == 404
        assert client.signed_in_as(who).get(f"/v1/video-streams/{stream.id}").status == 404
    for key in (draft.identifier, "9999999", "nowhere"):
        assert client.get(f"/v1/events/{key}/has-streams").status == 404
    assert client.signed_in_as(owner).delete(f"/v1/events/{draft.id}").status in {200, 403}


def test_it_is_one_statement(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    event = stored(make_event)
    stored(make_video_stream, event=event)
    with counted_statements(monkeypatch) as statements:
        client.get(f"/v1/events/{event.id}/has-streams")
    assert [text for text in statements if not text.startswith("begin transaction")] == statements[:1]
