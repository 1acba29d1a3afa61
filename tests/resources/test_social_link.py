"""Social links: written by the team, not by the public."""

import pytest

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.social_link import attributes
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client


def test_only_the_team_adds_links(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    sent = document("social-link", attributes(), event=("event", event))
    assert client.post("/v1/social-links", sent).status == 401
    assert client.signed_in_as(stored(make_user)).post("/v1/social-links", sent).status == 403
    reply = client.signed_in_as(owner).post("/v1/social-links", sent)
    assert reply.status == 201, reply.text
    assert len(reply.data["attributes"]["identifier"]) == 8


@pytest.mark.parametrize("link", ["example.org", "javascript:alert(1)", "ftp://example.org", ""])
def test_a_link_is_a_web_address(client: Client, link: str) -> None:
    owner = stored(make_user)
    sent = document(
        "social-link", {**attributes(), "link": link}, event=("event", stored(make_event, owner=owner))
    )
    reply = client.signed_in_as(owner).post("/v1/social-links", sent)
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, "/data/attributes/link")
