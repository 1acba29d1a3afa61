"""Stripe authorizations: organizers connect an event; its code is exchanged, and no secret is stored."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.settings import settings
from devstack.stripe_connect import CLIENT_ID, SECRET_KEY
from devstack.stripe_stand_in import StripeStandIn
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.payment import make_payment
from tests.factories.setting import make_setting
from tests.factories.stripe_authorization import attributes, make_stripe_authorization
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump


@pytest.fixture
def stripe(database: TestDatabase, environment: pytest.MonkeyPatch) -> Iterator[StripeStandIn]:
    server = StripeStandIn(pays=False)
    server.connect.once = True
    environment.setenv("STRIPE_CONNECT_URL", server.url)
    settings.cache_clear()
    stored(make_setting, stripe_test_client_id=CLIENT_ID, stripe_test_secret_key=SECRET_KEY)
    yield server
    server.close()


def test_organizers_connect_an_event_that_takes_stripe_once(client: Client, stripe: StripeStandIn) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, can_pay_by_stripe=True)
    helper = stored(make_users_events_roles, event=event, role="coorganizer").user_id
    sent = document("stripe-authorization", attributes(), event=("event", event))
    asking = client.signed_in_as(owner)
    assert client.signed_in_as(helper).post("/v1/stripe-authorizations", sent).status == 403
    assert stripe.calls == []
    made = asking.post("/v1/stripe-authorizations", sent)
    assert made.status == 201, made.text
    (account,) = stripe.connect.accounts
    assert made.data["attributes"] == {"stripe-publishable-key": f"pk_test_{account}"}
    assert client.get(f"/v1/events/{event.id}").data["attributes"]["is-stripe-linked"] is True
    assert asking.post("/v1/stripe-authorizations", sent).status == 409
    without = stored(make_event, owner=owner)
    sent = document("stripe-authorization", attributes(), event=("event", without))
    assert asking.post("/v1/stripe-authorizations", sent).status == 403


def test_a_state_is_of_one_account_and_one_event_for_an_hour(client: Client, stripe: StripeStandIn) -> None:
    owner, other = stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner, can_pay_by_stripe=True)
    foreign = stored(make_event, owner=other, can_pay_by_stripe=True)
    asking, address = client.signed_in_as(owner), f"/v1/events/{event.id}/stripe-connection"
    assert client.get(address).status == 401
    assert client.signed_in_as(other).get(address).status == 403
    begun = asking.get(address)
    assert begun.status == 200, begun.text
    state = begun.json["state"]
    assert f"state={state}" in begun.json["url"]
    assert f"client_id={CLIENT_ID}" in begun.json["url"]
    theirs = client.signed_in_as(other).get(f"/v1/events/{foreign.id}/stripe-connection").json["state"]

    def connect(state: str) -> Reply:
        sent = {"stripe-auth-code": f"ac_{len(stripe.calls)}", "stripe-state": state}
        return asking.post(
            "/v1/stripe-authorizations", document("stripe-authorization", sent, event=("event", event))
        )

    late = f"{int(state.partition('.')[0]) + 1}.{state.partition('.')[2]}"
    for wrong in (theirs, late, state[:-1], "", "x.y", "1.é"):
        refused = connect(wrong)
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (
            422,
            "/data/attributes/stripe-state",
        )
    with clock.shifted(timedelta(minutes=61)):
        assert connect(state).status == 422
    assert stripe.calls == []
    assert connect(state).status == 201


def test_no_code_and_no_token_is_stored(
    client: Client, database: TestDatabase, stripe: StripeStandIn
) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, can_pay_by_stripe=True)
    sent = document("stripe-authorization", {"stripe-auth-code": "ac_secret"}, event=("event", event))
    made = client.signed_in_as(owner).post("/v1/stripe-authorizations", sent)
    row = database.one("SELECT to_jsonb(s)::text FROM stripe_authorizations s")
    for secret in ("ac_secret", "sk_test_of_the_account", "rt_of_the_account"):
        assert secret not in row
        assert secret not in made.text


def test_a_refused_code_connects_nothing(
    client: Client, database: TestDatabase, stripe: StripeStandIn
) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, can_pay_by_stripe=True)
    asking = client.signed_in_as(owner)
    sent = document("stripe-authorization", {"stripe-auth-code": "wrong"}, event=("event", event))
    refused = asking.post("/v1/stripe-authorizations", sent)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (
        422,
        "/data/attributes/stripe-auth-code",
    )
    assert "does not exist" in refused.errors[0]["detail"]
    stored(make_setting, stripe_test_secret_key=None)
    unconfigured = asking.post("/v1/stripe-authorizations", sent)
    assert (unconfigured.status, "no keys" in unconfigured.errors[0]["detail"]) == (409, True)
    assert database.one("SELECT count(*) FROM stripe_authorizations") == 0
    assert client.get(f"/v1/events/{event.id}").data["attributes"]["is-stripe-linked"] is False


def test_an_account_is_disconnected_with_its_last_event(
    client: Client, database: TestDatabase, stripe: StripeStandIn, pump: Pump
) -> None:
    owner = stored(make_user)
    asking = client.signed_in_as(owner)
    made = []
    for _ in range(2):
        stripe.connect.used.clear()
        event = stored(make_event, owner=owner, can_pay_by_stripe=True)
        sent = document("stripe-authorization", {"stripe-auth-code": "ac_same"}, event=("event", event))
        made.append((event, asking.post("/v1/stripe-authorizations", sent).data["id"]))
    (account,) = stripe.connect.accounts
    order = stored(make_order, event=made[0][0], user=owner, amount=50)
    values = {"provider": "stripe", "mode": "stripe", "state": "open", "paid_at": None, "account": account}
    payment = stored(make_payment, order=order, **values)
    assert asking.delete(f"/v1/stripe-authorizations/{made[0][1]}").status == 409
    database.run("UPDATE payments SET state = 'canceled' WHERE id = :id", id=payment.id)
    assert asking.delete(f"/v1/stripe-authorizations/{made[0][1]}").status == 200
    pump.everything()
    assert stripe.connect.accounts == {account}
    # Another code is another account, and the former one is let go.
    sent = document("stripe-authorization", {"stripe-auth-code": "ac_other"}, made[1][1])
    changed = asking.patch(f"/v1/stripe-authorizations/{made[1][1]}", sent)
    assert changed.status == 200, changed.text
    pump.everything()
    assert stripe.connect.accounts == {
        changed.data["attributes"]["stripe-publishable-key"].removeprefix("pk_test_")
    }
    assert account not in stripe.connect.accounts
    assert asking.delete(f"/v1/stripe-authorizations/{made[1][1]}").status == 200
    pump.everything()
    assert stripe.connect.accounts == set()


def test_strangers_read_the_public_key_and_change_nothing(client: Client, stripe: StripeStandIn) -> None:
    authorization = stored(make_stripe_authorization, stripe_publishable_key="pk_1")
    address = f"/v1/stripe-authorizations/{authorization.id}"
    stranger = client.signed_in_as(stored(make_user))
    assert client.get(address).status == 404
    assert stranger.get(address).data["attributes"] == {"stripe-publishable-key": "pk_1"}
    assert stranger.delete(address).status == 403
    sent = document("stripe-authorization", {"stripe-auth-code": "ac_other"}, authorization.id)
    assert stranger.patch(address, sent).status == 403
    assert stripe.calls == []


def test_an_account_is_not_moved_to_another_event(
    client: Client, database: TestDatabase, stripe: StripeStandIn
) -> None:
    organizer = stored(make_user)
    authorization = stored(
        make_stripe_authorization, event=stored(make_event, owner=organizer, can_pay_by_stripe=True)
    )
    other = stored(make_event, owner=organizer, can_pay_by_stripe=True)
    asking, address = client.signed_in_as(organizer), f"/v1/stripe-authorizations/{authorization.id}"
    sent = document("stripe-authorization", {}, authorization.id, event=("event", other))
    with_code = document(
        "stripe-authorization", {"stripe-auth-code": "ac_other"}, authorization.id, event=("event", other)
    )
    from_below = {"data": {"type": "stripe-authorization", "id": str(authorization.id)}}
    for reply in (
        asking.patch(address, sent),
        asking.patch(address, with_code),
        asking.patch(f"{address}/relationships/event", {"data": {"type": "event", "id": str(other.id)}}),
        asking.patch(f"/v1/events/{other.id}/relationships/stripe-authorization", from_below),
    ):
        assert reply.status == 403, reply.text
    assert stripe.calls == []
    assert database.one("SELECT event_id FROM stripe_authorizations") == authorization.event_id
