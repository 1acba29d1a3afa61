"""Columns that follow from others are the same whichever way the others were written, for every noun."""

from typing import Any

import pytest

from chalicelib.docs import examples
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from tests.factories import attributes_of, stored
from tests.factories.user import make_user
from tests.resources.test_every_resource import sent
from tests.support.columns import differences, row_of
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client

pytestmark = pytest.mark.one_database
WRITTEN = [
    resource
    for resource in REGISTRY
    if resource.model is not None and {"create", "update"} <= resource.methods
]


@pytest.fixture
def staff(client: Client) -> Client:
    return client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))


def everything(resource: Resource) -> dict[str, Any]:
    """A value for each attribute that can be written. What must be unique is new each time."""
    return {**examples.attributes(resource), **attributes_of(resource.type)}


# Set when an account is made, and afterwards at an address of its own; and who is invited.
ONLY_WHEN_NEW = {("user", "password"), ("reviewer", "email")}
# Random, or counting what ended tokens: staff who change an account's address end its tokens.
SECRETS = {
    "user": {"password_hash", "reset_token", "tokens_revoked_at", "token_version"},
    "submission-call": {"hash"},
}
# Since when a row is as it is, of a row that was changed.
TIMES_OF_CHANGES = {
    "event": {"revised_at"},
    "access-code": {"text_since"},
    "discount-code": {"text_since"},
    "session-sign-up": {"confirmed_at"},
}


@pytest.mark.parametrize("resource", WRITTEN, ids=lambda resource: resource.type)
def test_creating_with_a_value_and_changing_to_it_make_the_same_row(
    resource: Resource, staff: Client, database: TestDatabase
) -> None:
    address, wanted = f"/v1/{resource.path}", everything(resource)
    complete = sent(resource)
    complete["data"]["attributes"] = wanted
    at_once = staff.post(address, complete)
    assert at_once.status == 201, at_once.text
    created = row_of(database, resource, at_once.data["id"])
    assert (
        staff.delete(f"{address}/{at_once.data['id']}?permanent=true").status == 200
    )  # its key is free again
    least = staff.post(address, sent(resource))
    assert least.status == 201, least.text
    id = least.data["id"]
    later = {name: value for name, value in wanted.items() if (resource.type, name) not in ONLY_WHEN_NEW}
    answer = staff.patch(f"{address}/{id}", document(resource.type, later, id))
    assert answer.status == 200, answer.text
    free = {name for noun, name in ONLY_WHEN_NEW if noun == resource.type}
    free |= SECRETS.get(resource.type, set())
    different = differences(resource, created, row_of(database, resource, id), free=free)
    assert different.keys() == TIMES_OF_CHANGES.get(resource.type, set()), different


def test_a_copied_event_differs_in_what_a_copy_earns_anew_alone(
    staff: Client, database: TestDatabase
) -> None:
    event = REGISTRY["event"]
    asked = sent(event)
    asked["data"]["attributes"] = {**everything(event), "is-announced": True}
    id = staff.post("/v1/events", asked).data["id"]
    copied = staff.post(f"/v1/events/{id}/copy").json["id"]
    different = differences(event, row_of(database, event, id), row_of(database, event, copied))
    assert different.keys() == {"state", "is_announced", "schedule_published_on"}
