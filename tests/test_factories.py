"""A row that a factory makes is the row that POST makes of the same values, for every noun."""

from typing import Any

import pytest

from chalicelib.jsonapi.resource import Resource
from chalicelib.resources import REGISTRY
from tests.factories import maker, stored
from tests.factories.user import make_user
from tests.resources.test_every_resource import sent
from tests.support.columns import differences, row_of
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

CREATED = [one for one in REGISTRY if one.model is not None and "create" in one.offers]


@pytest.fixture
def staff(client: Client) -> Client:
    return client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))


@pytest.mark.parametrize("resource", CREATED, ids=lambda one: one.type)
def test_a_factory_makes_the_row_that_a_client_makes(
    resource: Resource, staff: Client, database: TestDatabase
) -> None:
    asked = sent(resource)
    answer = staff.post(f"/v1/{resource.path}", asked)
    assert answer.status == 201, answer.text
    created = row_of(database, resource, answer.data["id"])
    columns = {resource.attributes[name.replace("-", "_")].column for name in asked["data"]["attributes"]}
    values = {name: created[name] for name in columns if name in created}
    assert staff.delete(f"/v1/{resource.path}/{answer.data['id']}?permanent=true").status == 200
    made = row_of(database, resource, stored(maker(resource.type), **values).id)
    assert not differences(resource, created, made)
