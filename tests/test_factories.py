"""A row that a factory makes is the row that POST makes of the same values, for every noun."""

import pytest

from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from tests.factories import maker, stored
from tests.factories.user import make_user
from tests.resources.test_every_resource import sent
from tests.support.columns import differences, row_of
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

pytestmark = pytest.mark.one_database
CREATED = [resource for resource in REGISTRY if resource.model is not None and "create" in resource.methods]


@pytest.fixture
def staff(client: Client) -> Client:
    return client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))


# Where a factory makes another row than a client would, as its docstring says; its callers choose.
DELIBERATE = {
    "bulk-mail": {"author_id"},  # of nobody
    "event": {"zone_offsets"},  # as one of before there were any
    "session": {"state", "creator_id"},  # accepted, so that everybody sees it, and of nobody
    "speaker": {"user_id"},  # without an account
    # verified, so that it may do everything, without the secrets of a mail that was never sent
    "user": {"is_verified", "tokens_revoked_at"},
    "discount-code": {"marketer_id"},  # without a marketer
    "stripe-authorization": {"stripe_publishable_key"},  # without the key that Stripe gives with the account
}
# Secrets, what Stripe tells, and times that the server gives, which are new each time.
UNEQUAL = {
    "user": {"password_hash"},
    "stripe-authorization": {"account"},
    "submission-call": {"hash"},
    "session-sign-up": {"confirmed_at"},
    "schedule-version": {"released_at"},
}


@pytest.mark.parametrize("resource", CREATED, ids=lambda resource: resource.type)
def test_a_factory_makes_the_row_that_a_client_makes(
    resource: Resource, staff: Client, database: TestDatabase
) -> None:
    asked = sent(resource)
    answer = staff.post(f"/v1/{resource.path}", asked)
    assert answer.status == 201, answer.text
    created = row_of(database, resource, answer.data["id"])
    columns = {resource.attributes[name.replace("-", "_")].column for name in asked["data"]["attributes"]}
    relations = REGISTRY.relations[resource.type]
    linked = (relations[name.replace("-", "_")].column for name in asked["data"].get("relationships", {}))
    columns |= {column for column in linked if column is not None}
    values = {name: created[name] for name in columns if name in created}
    database.run(f'DELETE FROM "{resource.table}" WHERE id = :id', id=created["id"])  # its key is free again
    made = row_of(database, resource, stored(maker(resource.type), **values).id)
    different = differences(resource, created, made, free=UNEQUAL.get(resource.type, set()))
    assert different.keys() == DELIBERATE.get(resource.type, set()), (
        f"{different}: let make_{resource.type.replace('-', '_')}() set these columns as POST does, or name them "
        "in DELIBERATE, with the reason"
    )


def test_a_noun_without_a_factory_is_told_what_to_write() -> None:
    with pytest.raises(LookupError, match=r"write one with attributes\(\) and make_tea_pot\(\)"):
        maker("tea-pot")
