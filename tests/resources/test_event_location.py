"""Places: they come from events' names for them, and the list shows the six most used."""

from tests.factories import stored
from tests.factories.event import attributes, make_event
from tests.factories.event_location import make_event_location
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client


def test_the_list_shows_the_six_most_used(client: Client) -> None:
    for used, name in enumerate(["Never", "Once", "Twice", "Thrice", "Four", "Five", "Six", "Seven"]):
        stored(make_event_location, name=name, used=used)
    stored(make_event, state="draft", event_location_id=stored(make_event_location, name="Hid", used=0).id)
    reply = client.get("/v1/event-locations")
    assert [resource["attributes"]["name"] for resource in reply.data] == [
        "Seven",
        "Six",
        "Five",
        "Four",
        "Thrice",
        "Twice",
    ]
    assert reply.json["meta"]["count"] == 6
    assert reply.data[0]["attributes"].keys() == {"name", "slug"}


def test_an_event_finds_its_place_by_name(client: Client, database: TestDatabase) -> None:
    asking = client.signed_in_as(stored(make_user))
    ids = set()
    for name in ("Den Haag", "den haag ", "Den-Haag"):
        sent = {**attributes(), "searchable-location-name": name}
        reply = asking.post("/v1/events?include=location", document("event", sent))
        assert reply.status == 201, reply.text
        ids.add(reply.data["relationships"]["location"]["data"]["id"])
    assert len(ids) == 1
    assert database.rows("SELECT name, slug FROM event_locations") == [
        {"name": "Den Haag", "slug": "den-haag"}
    ]
    event_id = database.one("SELECT max(id) FROM events")
    body = document("event", {"searchable-location-name": None}, event_id)
    gone = asking.patch(f"/v1/events/{event_id}?include=location", body)
    assert gone.data["relationships"]["location"]["data"] is None


def test_names_in_any_script_are_places(client: Client, database: TestDatabase) -> None:
    asking = client.signed_in_as(stored(make_user))
    for _ in range(2):
        sent = {**attributes(), "searchable-location-name": "京都"}
        assert asking.post("/v1/events", document("event", sent)).status == 201
    assert database.one("SELECT count(*) FROM event_locations") == 1


def test_a_linked_place_names_the_event(client: Client) -> None:
    place = stored(make_event_location, name="Utrecht")
    sent = document("event", attributes(), location=("event-location", place))
    reply = client.signed_in_as(stored(make_user)).post("/v1/events", sent)
    assert reply.data["attributes"]["searchable-location-name"] == "Utrecht"


def test_only_staff_creates_places_by_hand(client: Client) -> None:
    sent = document("event-location", {"name": "Ghent"})
    assert client.signed_in_as(stored(make_user)).post("/v1/event-locations", sent).status == 403
    made = client.signed_in_as(stored(make_user, is_admin=True)).post("/v1/event-locations", sent)
    assert (made.status, made.data["attributes"]["slug"]) == (201, "ghent")
