"""Stations and head counts: made by the event's team, within the event."""

from typing import Any

import pytest

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.microlocation import make_microlocation
from tests.factories.session import make_session
from tests.factories.station import make_station
from tests.factories.station_store_pax import make_station_store_pax
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.documents import document
from tests.support.http_client import Client


@pytest.mark.parametrize("address", ["/v1/station", "/v1/stations", "/v1/events/{id}/stations"])
def test_stations_are_made_at_several_addresses(client: Client, address: str) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    room = stored(make_microlocation, event=event, room="2.04")
    links = {"event": ("event", event), "microlocation": ("microlocation", room)}
    sent = document("station", {"station-name": "Door", "station-type": "check in"}, **links)
    where = address.replace("{id}", str(event.id))
    assert client.signed_in_as(stored(make_user)).post(where, sent).status == 403
    reply = client.signed_in_as(owner).post(where, sent)
    assert reply.status == 201, reply.text
    shown = reply.data["attributes"]
    assert (shown["room"], shown["microlocation-id"]) == ("2.04", room.id)


@pytest.mark.parametrize(
    ("kind", "status"), [("registration", 201), ("daily", 201), ("check in", 422), ("check out", 422)]
)
def test_only_rooms_are_entered_and_left(client: Client, kind: str, status: int) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    sent = document("station", {"station-name": "Door", "station-type": kind}, event=("event", event))
    assert client.signed_in_as(owner).post("/v1/stations", sent).status == status


def test_a_station_stands_in_a_room_of_its_event(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    links = {"event": ("event", event), "microlocation": ("microlocation", stored(make_microlocation))}
    sent = document("station", {"station-name": "Door", "station-type": "check in"}, **links)
    assert client.signed_in_as(owner).post("/v1/stations", sent).status == 422


def test_the_crew_lists_an_events_stations_and_strangers_do_not(client: Client) -> None:
    event = stored(make_event)
    stored(make_station, event=event)
    registrar = stored(make_users_events_roles, event=event, role="registrar").user_id
    for address in (f"/v1/events/{event.id}/stations", f"/v1/events/{event.identifier}/station"):
        assert len(client.signed_in_as(registrar).get(address).data) == 1
        assert client.get(address).status == 404


def test_heads_are_counted_by_the_team_within_one_event(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    station = stored(make_station, event=event)
    talk = stored(make_session, event=event, state="accepted")
    foreign = stored(make_session, event=stored(make_event, owner=owner), state="accepted")

    def count(client: Client, session: Any, heads: int = 9) -> int:
        links = {"station": ("station", station), "session": ("session", session)}
        sent = document("station-store-pax", {"current-pax": heads}, **links)
        return client.post("/v1/station-store-paxs", sent).status

    asking = client.signed_in_as(owner)
    assert (count(asking, talk), count(asking, foreign), count(asking, talk, -1)) == (201, 422, 422)
    assert count(client.signed_in_as(stored(make_user)), talk) == 403


def test_head_counts_of_one_session_at_one_station_are_listed(client: Client) -> None:
    pax = stored(make_station_store_pax)
    asking = client.signed_in_as(stored(make_user))
    address = f"/v1/stations/{pax.station_id}/sessions/{pax.session_id}/station-store-paxs"
    assert [resource["id"] for resource in asking.get(address).data] == [str(pax.id)]
    assert asking.get(address.replace(f"sessions/{pax.session_id}", "sessions/999")).data == []
    assert asking.get(address.replace(f"sessions/{pax.session_id}", "sessions/x")).status == 404
    assert client.get(address).status == 404
    assert asking.delete(f"/v1/station-store-paxs/{pax.id}").status == 403
