"""Tokens, conditions and keys of the lost time: none opens what its holder never had."""

import pytest

from chalicelib.auth import tokens
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import PASSWORD, make_user
from tests.restoring.conftest import Disaster, again
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client

pytestmark = pytest.mark.one_database


def sign_in(client: Client, email: str) -> str:
    sent = {"email": email, "password": PASSWORD}
    reply = client.post("/v1/auth/login", sent, content_type="application/json")
    assert reply.status == 200, reply.text
    return str(reply.json["access_token"])


def test_accounts_sign_in_again_since_a_revocation_may_be_lost(
    client: Client, database: TestDatabase, disaster: Disaster
) -> None:
    ada = stored(make_user)
    stolen = client.signed_in_as(sign_in(client, ada.email))
    disaster.back_up()
    assert stolen.post("/v1/auth/logout-all", content_type="application/json").status in (200, 404)
    database.run("UPDATE users SET token_version = token_version + 1 WHERE id = :id", id=ada.id)  # revoked
    assert stolen.get(f"/v1/users/{ada.id}").status == 401
    newer = client.signed_in_as(tokens.access_token(ada.id, fresh=True, version=1))
    assert newer.get(f"/v1/users/{ada.id}").status == 200

    disaster.strike()
    # One that was revoked in the lost time is not valid again, and one of the lost time is void.
    assert stolen.get(f"/v1/users/{ada.id}").status == 401
    assert newer.get(f"/v1/users/{ada.id}").status == 401
    assert client.signed_in_as(sign_in(client, ada.email)).get(f"/v1/users/{ada.id}").status == 200


def test_the_token_of_a_lost_account_never_is_somebody_elses(
    client: Client, database: TestDatabase, disaster: Disaster
) -> None:
    disaster.back_up()
    lost = stored(make_user)
    token = sign_in(client, lost.email)
    disaster.strike()
    other = stored(make_user)
    assert other.id != lost.id
    assert client.signed_in_as(token).get(f"/v1/users/{lost.id}").status == 401


def test_a_write_of_the_lost_time_is_repeated_by_its_key_and_a_condition_on_it_fails(
    client: Client, database: TestDatabase, disaster: Disaster
) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, state="published", name="Before")
    path = f"/v1/events/{event.id}"
    disaster.back_up()
    sent = document("event", {"name": "After"}, event.id)
    key = {"Idempotency-Key": "abc"}
    asking = client.signed_in_as(owner)
    assert asking.patch(path, sent, headers=key).status == 200
    tag = asking.get(path).headers["etag"]

    disaster.strike()
    asking = again(client, owner)
    assert asking.get(path).data["attributes"]["name"] == "Before"
    more = document("event", {"name": "Later"}, event.id)
    assert asking.patch(path, more, headers={"If-Match": tag}).status == 412
    repeated = asking.patch(path, sent, headers=key)
    assert repeated.status == 200
    assert "idempotent-replayed" not in repeated.headers
    assert asking.get(path).data["attributes"]["name"] == "After"
