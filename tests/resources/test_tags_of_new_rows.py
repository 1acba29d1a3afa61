"""The answer to a POST is the document that GET gives, with the same entity tag, also for an event's team."""

import pytest

from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from chalicelib.resources.events.event.event import Event
from tests.factories import stored
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.resources.test_every_resource import sent
from tests.support.http_client import Client

pytestmark = pytest.mark.one_database
OF_ONE_PERSON = {"review"}  # what an event's team does not write
OF_EVENTS = [
    resource
    for resource in REGISTRY
    if resource.model is not None
    and {"create", "read"} <= resource.methods
    and resource.type not in OF_ONE_PERSON
    and any(
        relation.name == "event" and relation.required
        for relation in REGISTRY.relations[resource.type].values()
    )
]


@pytest.mark.parametrize("resource", OF_EVENTS, ids=lambda resource: resource.type)
def test_a_new_row_has_the_tag_that_reading_it_gives(resource: Resource, client: Client) -> None:
    asked = sent(resource)
    member = stored(make_user)
    event = Event(id=int(asked["data"]["relationships"]["event"]["data"]["id"]))
    stored(make_users_events_roles, user=member, event=event, role="organizer")
    me = client.signed_in_as(member)
    created = me.post(f"/v1/{resource.path}", asked)
    assert created.status == 201, created.text
    read = me.get(f"/v1/{resource.path}/{created.data['id']}")
    assert (created.headers["etag"], created.text) == (read.headers["etag"], read.text)
