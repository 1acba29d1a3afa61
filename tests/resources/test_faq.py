"""Frequently asked questions: written by the team, read by everybody, grouped within their event."""

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.faq import attributes, make_faq
from tests.factories.faq_type import make_faq_type
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client


def test_the_team_writes_and_everybody_reads(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    sent = document("faq", attributes(), event=("event", event))
    assert client.post("/v1/faqs", sent).status == 401
    assert client.signed_in_as(stored(make_user)).post("/v1/faqs", sent).status in {403, 404}
    reply = client.signed_in_as(owner).post("/v1/faqs", sent)
    assert reply.status == 201, reply.text
    assert len(client.get(f"/v1/events/{event.identifier}/faqs").data) == 1


def test_a_question_cannot_be_moved_into_a_strangers_event(client: Client) -> None:
    owner = stored(make_user)
    faq = stored(make_faq, event=stored(make_event, owner=owner))
    moved = document("faq", {}, faq.id, event=("event", stored(make_event)))
    assert client.signed_in_as(owner).patch(f"/v1/faqs/{faq.id}", moved).status == 403


def test_its_type_belongs_to_the_same_event(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    asking = client.signed_in_as(owner)
    for place, status in [(event, 201), (stored(make_event, owner=owner), 422)]:
        kind = stored(make_faq_type, event=place)
        sent = document("faq", attributes(), event=("event", event), faq_type=("faq-type", kind))
        assert asking.post("/v1/faqs", sent).status == status


def test_a_question_needs_its_event(client: Client) -> None:
    reply = client.signed_in_as(stored(make_user)).post("/v1/faqs", document("faq", attributes()))
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, "/data/relationships/event")


def test_the_questions_of_a_hidden_event_are_hidden(client: Client) -> None:
    faq = stored(make_faq, event=stored(make_event, state="draft"))
    assert client.get(f"/v1/faqs/{faq.id}").status == 404
