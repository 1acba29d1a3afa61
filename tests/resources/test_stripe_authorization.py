"""Stripe authorizations: organizers connect an event; it is linked once Stripe has said so."""

from chalicelib import db
from chalicelib.resources.orders.stripe_authorization import StripeAuthorization
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.stripe_authorization import attributes, make_stripe_authorization
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.documents import document
from tests.support.http_client import Client


def test_organizers_connect_an_event_that_takes_stripe_once(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, can_pay_by_stripe=True)
    helper = stored(make_users_events_roles, event=event, role="coorganizer").user_id
    sent = document("stripe-authorization", attributes(), event=("event", event))
    asking = client.signed_in_as(owner)
    assert client.signed_in_as(helper).post("/v1/stripe-authorizations", sent).status == 403
    made = asking.post("/v1/stripe-authorizations", sent)
    assert (made.status, made.data["attributes"]) == (201, {"stripe-publishable-key": None})
    assert asking.post("/v1/stripe-authorizations", sent).status == 409
    without = stored(make_event, owner=owner)
    sent = document("stripe-authorization", attributes(), event=("event", without))
    assert asking.post("/v1/stripe-authorizations", sent).status == 403


def test_an_event_is_linked_when_stripe_has_given_its_key(client: Client) -> None:
    event = stored(make_event, can_pay_by_stripe=True)
    authorization = stored(make_stripe_authorization, event=event)
    shown = client.get(f"/v1/events/{event.id}").data["attributes"]
    assert shown["is-stripe-linked"] is False
    with db.transaction() as session:
        session.get_one(StripeAuthorization, authorization.id).stripe_publishable_key = "pk_1"
    assert client.get(f"/v1/events/{event.id}").data["attributes"]["is-stripe-linked"] is True


def test_strangers_read_the_public_key_and_change_nothing(client: Client) -> None:
    authorization = stored(make_stripe_authorization, stripe_publishable_key="pk_1")
    address = f"/v1/stripe-authorizations/{authorization.id}"
    stranger = client.signed_in_as(stored(make_user))
    assert client.get(address).status == 404
    assert stranger.get(address).data["attributes"] == {"stripe-publishable-key": "pk_1"}
    assert stranger.delete(address).status == 403
    sent = document("stripe-authorization", {"stripe-auth-code": "ac_other"}, authorization.id)
    assert stranger.patch(address, sent).status == 403
