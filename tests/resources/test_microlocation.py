"""Microlocations: rooms with a place on earth, listed in the organizers' order."""

import pytest

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.microlocation import attributes, make_microlocation
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client


@pytest.mark.parametrize(("name", "value"), [("latitude", -90.1), ("longitude", 181), ("floor", "top")])
def test_a_room_is_on_earth(client: Client, name: str, value: object) -> None:
    owner = stored(make_user)
    event = ("event", stored(make_event, owner=owner))
    sent = document("microlocation", {**attributes(), name: value}, event=event)
    reply = client.signed_in_as(owner).post("/v1/microlocations", sent)
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, f"/data/attributes/{name}")


def test_rooms_come_in_the_organizers_order(client: Client) -> None:
    event = stored(make_event)
    last = stored(make_microlocation, event=event, position=2)
    first = stored(make_microlocation, event=event, position=1)
    found = client.get(f"/v1/events/{event.id}/microlocations").data
    assert [item["id"] for item in found] == [str(first.id), str(last.id)]
