"""What existing clients send, of every noun: records sent back whole, numbers and flags as text, sparse fieldsets."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.jsonapi.model.fields import fields
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from tests.factories import maker, stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client

pytestmark = pytest.mark.one_database
CHANGED = [resource for resource in REGISTRY if resource.model is not None and "update" in resource.methods]


def whole(client: Client, address: str, resource: Resource) -> Any:
    """The document of a record with all that is shown of it, and what its to-one relationships link."""
    names = [relation.wire for relation in REGISTRY.relations[resource.type].values() if not relation.many]
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


@pytest.mark.parametrize("resource", CHANGED, ids=lambda resource: resource.type)
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


def test_every_flag_and_amount_is_taken_as_text(client: Client) -> None:
    """The documentation of the former API sends them so; whether a value fits is up to the noun."""
    staff = client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    asked = 0
    for resource in CHANGED:
        row = stored(maker(resource.type))
        address = f"/v1/{resource.path}/{row.id}"
        for name, value, text in _texts(resource):
            written = staff.patch(address, document(resource.type, {name: text}, row.id))
            if written.status == 200:
                assert written.data["attributes"].get(name, value) == value, (resource.type, name, text)
            else:
                plain = staff.patch(address, document(resource.type, {name: value}, row.id))
                assert written.status == plain.status, (resource.type, name, written.text)
            asked += 1
    assert asked > 200


def _texts(resource: Resource) -> Iterator[tuple[str, bool | float, str]]:
    """(name, value, the value as text) of each flag and amount that may be set; integers have a test of their own."""
    for attribute in resource.attributes.values():
        if attribute.field.dump_only:
            continue
        if isinstance(attribute.field, fields.Boolean):
            yield attribute.wire, False, "false"
            yield attribute.wire, True, "true"
        elif isinstance(attribute.field, fields.Number) and not isinstance(attribute.field, fields.Integer):
            yield attribute.wire, 1.5, "1.5"


def test_the_id_is_a_field_of_every_noun_and_types_that_there_never_were_are_passed_over(
    client: Client,
) -> None:
    staff = client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    for resource in REGISTRY:
        if resource.model is None or resource.singleton or "read" not in resource.methods:
            continue
        row = stored(maker(resource.type))
        query = {
            f"fields[{resource.type}]": "id",
            f"fields[{resource.path}]": "id",
            "fields[nosuch]": "id,name",
        }
        for path in (f"{resource.path}/{row.id}", *([resource.path] if "list" in resource.methods else [])):
            reply = staff.get(f"/v1/{path}", query=query)
            assert reply.status == 200, (path, reply.text)
            found = reply.data if isinstance(reply.data, list) else [reply.data]
            assert found
            assert all(item["attributes"] == {} for item in found), path
