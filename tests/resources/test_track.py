"""Tracks: colours with readable writing on them, kept by track organizers too."""

import pytest

from chalicelib.resources.programme.track import readable_on
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.track import attributes, make_track
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.documents import document
from tests.support.http_client import Client


@pytest.mark.parametrize(
    ("color", "font"),
    [("#fff", "#000000"), ("#000000", "#FFFFFF"), ("#ffff00", "#000000"), ("#00008B", "#FFFFFF")],
)
def test_writing_on_a_colour_is_readable(color: str, font: str) -> None:
    assert readable_on(color) == font


def test_the_font_colour_follows_the_colour(client: Client) -> None:
    owner = stored(make_user)
    track = stored(make_track, event=stored(make_event, owner=owner), color="#ffffff")
    sent = document("track", {"color": "#000", "font-color": "#123456"}, track.id)
    reply = client.signed_in_as(owner).patch(f"/v1/tracks/{track.id}", sent)
    assert reply.data["attributes"]["font-color"] == "#FFFFFF"


@pytest.mark.parametrize("color", ["red", "#ff", "#fffffff", "#ggg", "#fff\n", "", None])
def test_a_colour_is_hexadecimal(client: Client, color: str | None) -> None:
    owner = stored(make_user)
    event = ("event", stored(make_event, owner=owner))
    sent = document("track", {**attributes(), "color": color}, event=event)
    reply = client.signed_in_as(owner).post("/v1/tracks", sent)
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, "/data/attributes/color")


@pytest.mark.parametrize(
    ("role", "status"),
    [("owner", 201), ("coorganizer", 201), ("track_organizer", 201), ("moderator", 403), ("registrar", 403)],
)
def test_track_organizers_and_the_team_write_tracks(client: Client, role: str, status: int) -> None:
    event = stored(make_event)
    held = stored(make_users_events_roles, event=event, role=role)
    sent = document("track", attributes(), event=("event", event))
    assert client.signed_in_as(held.user_id).post("/v1/tracks", sent).status == status
