"""Records sent back whole, as ember-data and the apps' converter do: of every noun, by whoever may change it."""

from typing import Any

import pytest

from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from tests.factories import maker, stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

pytestmark = pytest.mark.one_database
CHANGED = [one for one in REGISTRY if one.model is not None and "update" in one.methods]


def whole(client: Client, address: str, resource: Resource) -> Any:
    """The document of a record with all that is shown of it, and what its to-one relationships link."""
    names = [one.wire for one in REGISTRY.relations[resource.type].values() if not one.many]
    shown = client.get(address, query={"include": ",".join(names)}).data
    links = {
        name: {"data": link["data"]}
        for name, link in shown.get("relationships", {}).items()
        if "data" in link
    }
    sent = {
        "type": shown["type"],
        "id": shown["id"],
        "attributes": shown["attributes"],
        "relationships": links,
    }
    return {"data": sent, "included": [], "jsonapi": {"version": "1.0"}}


@pytest.mark.parametrize("resource", CHANGED, ids=lambda one: one.type)
def test_a_record_that_is_sent_back_whole_is_no_change(
    resource: Resource, client: Client, database: TestDatabase
) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, state="published")
    relation = REGISTRY.relations[resource.type].get("event")
    values = {"event": event} if relation is not None and relation.column is not None else {}
    row = event if resource.type == "event" else stored(maker(resource.type), **values)
    address = f"/v1/{resource.path}/{row.id}"
    select = f"SELECT * FROM {resource.table} WHERE id = :id"
    staff = stored(make_user, is_admin=True, is_super_admin=True)
    allowed = 0
    for asking in (client.signed_in_as(owner), client.signed_in_as(staff)):
        nothing = {"data": {"type": resource.type, "id": str(row.id), "attributes": {}}}
        if asking.patch(address, nothing).status != 200:
            continue  # it is not for the event's owner to change
        before = database.rows(select, id=row.id)
        reply = asking.patch(address, whole(asking, address, resource))
        assert reply.status == 200, reply.text
        assert database.rows(select, id=row.id) == before
        allowed += 1
    assert allowed, "nobody may change it"
