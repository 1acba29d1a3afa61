"""What a value means is checked for every attribute of every noun, on create and change: nobody lists them."""

import json
from itertools import count, zip_longest
from typing import Any

import pytest

from chalicelib.jsonapi.model.resource import Resource
from tests.factories import attributes_of, links_of, maker, stored
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.values.meanings import KINDS, NOUNS, kind_of, written, wrong_values

_NUMBER = count(1)
_OF_ONE_PERSON = {"feedback"}  # what nobody else changes, staff neither
# Who is invited stays that one, and a condition has two halves.
_NOT_CHANGED_ALONE = {("reviewer", "email"), ("custom-form", "asked-if-field")}
_CREATED = [noun for noun in NOUNS if "create" in noun.methods and any(written(noun))]
_CHANGED = [noun for noun in NOUNS if "update" in noun.methods and any(written(noun))]


@pytest.fixture
def staff(client: Client) -> Client:
    return client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))


def pointers(reply: Reply) -> set[str]:
    return {error.get("source", {}).get("pointer", "") for error in reply.errors}


def rounds(resource: Resource) -> list[dict[str, Any]]:
    """Documents in which every attribute is wrong, one for each way in which that may be."""
    wrong = {attribute.wire: wrong_values(resource, attribute) for attribute in written(resource)}
    names = [name for name, values in wrong.items() if values]
    columns = zip_longest(*(wrong[name] for name in names))
    return [
        {name: value for name, value in zip(names, values, strict=True) if value is not None}
        for values in columns
    ]


@pytest.mark.parametrize("resource", _CHANGED, ids=lambda resource: resource.type)
def test_no_change_takes_what_means_nothing(resource: Resource, staff: Client) -> None:
    row = stored(maker(resource.type))
    address = f"/v1/{resource.path}/{row.id}"
    asking = staff.signed_in_as(row.user_id) if resource.type in _OF_ONE_PERSON else staff
    before = staff.get(address).data["attributes"]
    for sent in rounds(resource):
        reply = asking.patch(address, document(resource.type, sent, row.id))
        assert reply.status == 422, (sent, reply.text)
        assert {f"/data/attributes/{name}" for name in sent} <= pointers(reply), (sent, reply.text)
    after = staff.get(address).data["attributes"]
    assert {name: after[name] for name in before if name != "last-accessed-at"} == {
        name: before[name] for name in before if name != "last-accessed-at"
    }


@pytest.mark.parametrize("resource", _CREATED, ids=lambda resource: resource.type)
def test_nothing_is_created_with_what_means_nothing(resource: Resource, staff: Client, database: Any) -> None:
    links: dict[str, Any] = links_of(resource.type)
    number = database.one(f'SELECT count(*) FROM "{resource.table}"')
    for sent in rounds(resource):
        asked = document(resource.type, {**attributes_of(resource.type), **sent}, **links)
        reply = staff.post(f"/v1/{resource.path}", asked)
        assert reply.status == 422, (sent, reply.text)
        assert {f"/data/attributes/{name}" for name in sent} <= pointers(reply), (sent, reply.text)
    assert database.one(f'SELECT count(*) FROM "{resource.table}"') == number


@pytest.mark.parametrize(
    "resource",
    [item for item in _CHANGED if any(map(kind_of, written(item)))],
    ids=lambda resource: resource.type,
)
def test_every_value_is_stored_and_found_in_one_form(resource: Resource, staff: Client) -> None:
    row = stored(maker(resource.type))
    address = f"/v1/{resource.path}/{row.id}"
    for attribute in written(resource):
        kind = kind_of(attribute)
        if kind is None or (resource.type, attribute.wire) in _NOT_CHANGED_ALONE:
            continue
        number = next(_NUMBER)
        messy, clean = (str(KINDS[kind][at]).format(n=number) for at in (1, 2))
        field: Any = attribute.field
        assert field.stored_form(messy) == clean == field.stored_form(clean)
        sent = document(resource.type, {attribute.wire: messy}, row.id)
        changed = staff.patch(address, sent)
        assert changed.status == 200, changed.text
        if not attribute.field.load_only:
            assert staff.get(address).data["attributes"][attribute.wire] == clean
        if "list" in resource.methods and not attribute.field.load_only:
            wanted = json.dumps([{"name": attribute.wire, "op": "eq", "val": messy}])
            found = staff.get(f"/v1/{resource.path}", query={"filter": wanted, "page[size]": 100})
            assert str(row.id) in {other["id"] for other in found.data}, (attribute.wire, found.text)
