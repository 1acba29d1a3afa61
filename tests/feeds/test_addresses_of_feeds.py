"""The attributes with addresses of feeds: there while event and schedule are published, and null otherwise."""

from typing import Any

import pytest

from tests.factories import attributes_of, stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client, Reply

pytestmark = pytest.mark.one_database
FEEDS = ("ical-url", "xcal-url", "pentabarf-url")
PUBLISHED = {"state": "published", "schedule-published-on": "2031-01-01T00:00:00Z"}
HOST = "http://api.example.org"


@pytest.fixture
def owner(client: Client) -> Client:
    return client.signed_in_as(stored(make_user, is_verified=True))


def addresses(reply: Reply) -> list[Any]:
    assert reply.status < 300, reply.text
    return [reply.data["attributes"][name] for name in FEEDS]


def expected(reply: Reply) -> list[str]:
    path = f"{HOST}/v1/events/{reply.data['attributes']['identifier']}"
    return [f"{path}.ics?include_sessions", f"{path}.xcs", f"{path}/schedule.xml"]


def test_they_come_and_go_with_the_schedule_by_each_way_of_writing(client: Client, owner: Client) -> None:
    made = owner.post("/v1/events", document("event", {**attributes_of("event"), **PUBLISHED}))
    assert addresses(made) == expected(made)
    id = made.data["id"]
    for address in addresses(made):
        assert client.get(address.removeprefix(HOST)).status == 200
    for change, there in (
        ({"schedule-published-on": None}, False),
        ({"schedule-published-on": "2031-01-01T00:00:00Z"}, True),
        ({"state": "draft"}, False),
        ({"state": "published", "name": "Again"}, True),
    ):
        changed = owner.patch(f"/v1/events/{id}", document("event", change, id))
        for reply in (
            changed,
            owner.get(f"/v1/events/{id}"),
            owner.get(f"/v1/events/{made.data['attributes']['identifier']}"),
        ):
            assert addresses(reply) == (expected(made) if there else [None] * 3), change
    copy = owner.post(f"/v1/events/{id}/copy", content_type=None)
    assert addresses(owner.get(f"/v1/events/{copy.json['id']}")) == [None] * 3


def test_clients_that_send_them_back_change_nothing(owner: Client) -> None:
    made = owner.post("/v1/events", document("event", {**attributes_of("event"), **PUBLISHED}))
    sent = {**made.data["attributes"], "ical-url": "https://elsewhere.example.org/x.ics", "xcal-url": None}
    changed = owner.patch(f"/v1/events/{made.data['id']}", document("event", sent, made.data["id"]))
    assert addresses(changed) == expected(made)


def test_they_are_selected_filtered_and_sorted_by(client: Client, owner: Client) -> None:
    made = owner.post("/v1/events", document("event", {**attributes_of("event"), **PUBLISHED}))
    address = expected(made)[1]
    listed = client.get("/v1/events?fields[event]=xcal-url&sort=-xcal-url&page[size]=0")
    assert address in [event["attributes"]["xcal-url"] for event in listed.data]
    for query in (
        f"?filter[xcal-url]={address}",
        f'?filter=[{{"name":"xcal-url","op":"eq","val":"{address}"}}]',
    ):
        assert [event["id"] for event in client.get(f"/v1/events{query}").data] == [made.data["id"]]
    included = owner.get(f"/v1/events/{made.data['id']}/tickets?include=event")
    assert included.status == 200
    assert (
        len(
            client.get(
                f'/v1/feeds/events.json?filter=[{{"name":"xcal-url","op":"eq","val":"{address}"}}]'
            ).json["items"]
        )
        == 1
    )
    mine = owner.get("/v1/events?filter[xcal-url]=&page[size]=1")
    assert mine.status == 200


@pytest.mark.parametrize(
    ("headers", "start"),
    [
        ({"X-Forwarded-Proto": "https"}, "https://api.example.org/v1/"),
        ({"Host": "127.0.0.1:8000"}, "http://127.0.0.1:8000/v1/"),
        ({"Host": "evil.example.org/x?"}, "http://localhost/v1/"),
        ({"X-Forwarded-Proto": "javascript"}, "http://api.example.org/v1/"),
    ],
)
def test_the_address_is_the_one_that_was_asked(
    client: Client, owner: Client, headers: dict[str, str], start: str
) -> None:
    event = stored(make_event, schedule_published_on="2031-01-01T00:00:00Z")
    reply = client.with_headers(headers).get(f"/v1/events/{event.id}")
    assert all(address.startswith(start) for address in addresses(reply))
