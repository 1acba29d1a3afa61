"""Sponsors: only where the event has them."""

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.sponsor import attributes
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client


def test_an_event_without_sponsors_takes_none(client: Client) -> None:
    owner = stored(make_user)
    for value, status in ((False, 403), (True, 201)):
        event = stored(make_event, owner=owner, is_sponsors_enabled=value)
        sent = document("sponsor", attributes(), event=("event", event))
        assert client.signed_in_as(owner).post("/v1/sponsors", sent).status == status
