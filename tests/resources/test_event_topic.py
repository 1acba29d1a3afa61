"""Topics: kept by staff, with readable slugs that never clash."""

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.event_topic import attributes, make_event_topic
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client


def test_staff_keeps_the_topics(client: Client) -> None:
    sent = document("event-topic", attributes())
    assert client.post("/v1/event-topics", sent).status == 401
    assert client.signed_in_as(stored(make_user)).post("/v1/event-topics", sent).status == 403
    assert client.signed_in_as(stored(make_user, is_admin=True)).post("/v1/event-topics", sent).status == 201


def test_slugs_follow_names_and_differ(client: Client) -> None:
    admin = client.signed_in_as(stored(make_user, is_admin=True))
    replies = [
        admin.post("/v1/event-topics", document("event-topic", {**attributes(), "name": name}))
        for name in ("Film & Média", "Film, Media", "映画")
    ]
    assert [reply.status for reply in replies] == [201, 201, 201]
    slugs = [reply.data["attributes"]["slug"] for reply in replies]
    assert slugs[0] == "film-media"
    assert slugs[1].startswith("film-media-")
    assert len(slugs[2]) == 8
    id = replies[-1].data["id"]
    renamed = admin.patch(f"/v1/event-topics/{id}", document("event-topic", {"name": "Cinema"}, id))
    assert renamed.data["attributes"]["slug"] == "cinema"


def test_a_topics_events_leave_drafts_out(client: Client) -> None:
    topic = stored(make_event_topic)
    seen = stored(make_event, event_topic_id=topic.id)
    stored(make_event, event_topic_id=topic.id, state="draft")
    found = client.get(f"/v1/event-topics/{topic.id}/events").data
    assert [item["id"] for item in found] == [str(seen.id)]
