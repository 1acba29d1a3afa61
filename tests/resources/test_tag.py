"""Tags: an event's team names them, each once."""

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.tag import attributes, make_tag
from tests.factories.ticket_tag import make_ticket_tag
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client


def test_tags_differ_within_an_event(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    asking = client.signed_in_as(owner)
    sent = document("tag", {**attributes(), "name": "Press"}, event=("event", event))
    assert asking.post("/v1/tags", sent).status == 201
    assert asking.post("/v1/tags", sent).status == 409
    elsewhere = document("tag", {"name": "Press"}, event=("event", stored(make_event, owner=owner)))
    assert asking.post("/v1/tags", elsewhere).status == 201


def test_ticket_tags_differ_within_an_event_too(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    stored(make_ticket_tag, event=event, name="Weekend")
    sent = document("ticket-tag", {"name": "Weekend"}, event=("event", event))
    assert client.signed_in_as(owner).post("/v1/ticket-tags", sent).status == 409


def test_strangers_move_no_tag_into_their_own_event(client: Client) -> None:
    stranger = stored(make_user)
    tag = stored(make_tag)
    own = stored(make_event, owner=stranger)
    linked = {"data": {"type": "event", "id": str(own.id)}}
    asking = client.signed_in_as(stranger)
    assert asking.patch(f"/v1/tags/{tag.id}/relationships/event", linked).status == 403
    assert asking.delete(f"/v1/tags/{tag.id}").status == 403
