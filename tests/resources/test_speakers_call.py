"""Calls for speakers: one for each event, beginning before they end."""

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.speakers_call import attributes, make_speakers_call
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client


def test_an_event_calls_once(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    first = stored(make_speakers_call, event=event)
    asking = client.signed_in_as(owner)
    sent = document("speakers-call", attributes(), event=("event", event))
    again = asking.post("/v1/speakers-calls", sent)
    assert (again.status, again.errors[0]["source"]["pointer"]) == (409, "/data/relationships/event")
    assert asking.delete(f"/v1/events/{event.id}/speakers-call").status == 200
    assert client.get(f"/v1/speakers-calls/{first.id}").status == 404
    assert asking.post("/v1/speakers-calls", sent).status == 201


def test_a_call_ends_after_it_begins(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    sent = attributes()
    sent["ends-at"] = sent["starts-at"]
    body = document("speakers-call", sent, event=("event", event))
    reply = client.signed_in_as(owner).post("/v1/speakers-calls", body)
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, "/data/attributes/ends-at")


def test_announcements_are_sanitized(client: Client) -> None:
    owner = stored(make_user)
    call = stored(make_speakers_call, event=stored(make_event, owner=owner))
    body = document("speakers-call", {"announcement": "<b>Speak!</b><script>x()</script>"}, call.id)
    reply = client.signed_in_as(owner).patch(f"/v1/speakers-calls/{call.id}", body)
    assert reply.data["attributes"]["announcement"] == "<b>Speak!</b>"
