"""The events on the front page: to come, public, and promoted or complete."""

from datetime import timedelta
from typing import Any

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from tests.factories import stored
from tests.factories.custom_placeholder import make_custom_placeholder
from tests.factories.event import attributes, make_event
from tests.factories.event_sub_topic import make_event_sub_topic
from tests.factories.event_topic import make_event_topic
from tests.factories.event_type import make_event_type
from tests.factories.social_link import make_social_link
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client


def complete(*, link: str = "Twitter", hidden: bool = False, **values: Any) -> Event:
    event = stored(
        make_event,
        **{
            "original_image_url": "https://media.example.org/a.jpg",
            "logo_url": "https://media.example.org/b.png",
            "event_type_id": stored(make_event_type).id,
            "event_topic_id": stored(make_event_topic).id,
            "event_sub_topic_id": stored(make_event_sub_topic).id,
            **values,
        },
    )
    stored(make_social_link, event=event, name=link)
    stored(make_ticket, event=event, is_hidden=hidden)
    return event


def test_the_front_page_shows_what_is_promoted_or_complete(client: Client) -> None:
    shown = [complete(), stored(make_event, is_promoted=True)]
    complete(is_demoted=True)
    complete(link="mastodon")
    complete(hidden=True)
    complete(logo_url=None)
    complete(privacy="private")
    stored(make_event)
    stored(make_event, is_promoted=True, state="draft")
    yesterday = clock.now() - timedelta(days=1)
    stored(make_event, is_promoted=True, starts_at=yesterday)
    reply = client.get("/v1/events/upcoming?sort=identifier&page[size]=0")
    assert {resource["id"] for resource in reply.data} == {str(item.id) for item in shown}
    assert reply.json["meta"]["count"] == 2
    named = client.get("/v1/events/upcoming", query={"filter[name]": shown[0].name})
    assert [resource["id"] for resource in named.data] == [str(shown[0].id)]


def test_an_event_can_be_created_there(client: Client) -> None:
    sent = document("event", attributes())
    assert client.post("/v1/events/upcoming", sent).status == 401
    assert client.signed_in_as(stored(make_user)).post("/v1/events/upcoming", sent).status == 201


def test_the_lists_of_types_and_topics_hide_drafts(client: Client) -> None:
    kind, topic, shelf = stored(make_event_type), stored(make_event_topic), stored(make_event_sub_topic)
    links = {"event_type_id": kind.id, "event_topic_id": topic.id, "event_sub_topic_id": shelf.id}
    event = stored(make_event, **links)
    stored(make_event, state="draft", **links)
    for path in (f"event-types/{kind.id}", f"event-topics/{topic.id}", f"event-sub-topics/{shelf.id}"):
        assert [resource["id"] for resource in client.get(f"/v1/{path}/events").data] == [str(event.id)]
        sent = document("event", attributes())
        made = client.signed_in_as(stored(make_user)).post(f"/v1/{path}/events", sent)
        assert made.status == 201, made.text
        assert client.get(f"/v1/{path}/events").json["meta"]["count"] == 2
        client.signed_in_as(stored(make_user, is_admin=True)).delete(f"/v1/events/{made.data['id']}")


def test_a_sub_topic_has_one_placeholder(client: Client) -> None:
    shelf = stored(make_event_sub_topic)
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    sent = document(
        "custom-placeholder",
        {"name": "Stars", "original-image-url": "https://media.example.org/stars.jpg"},
        event_sub_topic=("event-sub-topic", shelf),
    )
    made = staff.post("/v1/custom-placeholders", sent)
    assert made.status == 201, made.text
    assert staff.post("/v1/custom-placeholders", sent).status == 409
    address = f"/v1/event-sub-topics/{shelf.id}"
    assert client.get(f"{address}/custom-placeholder").data["id"] == made.data["id"]
    other = stored(make_custom_placeholder)
    link = {"data": {"type": "custom-placeholder", "id": str(other.id)}}
    assert staff.patch(f"{address}/relationships/custom-placeholder", link).status == 200
    assert client.get(f"{address}/custom-placeholder").data["id"] == str(other.id)
