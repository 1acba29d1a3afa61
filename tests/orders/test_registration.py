"""Whether somebody has registered at the front desk, and who may know."""

import pytest

from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.http_client import Client

TIME = "2031-05-03T08:55:00+00:00"


def test_the_desk_the_buyer_and_the_attendee_may_ask(client: Client) -> None:
    event, guest, buyer = stored(make_event), stored(make_user), stored(make_user)
    unproved = stored(make_user, is_verified=False)
    order = stored(make_order, event=event, user=buyer)
    registered = stored(
        make_attendee,
        event=event,
        order=order,
        email=guest.email.upper(),
        is_registered=True,
        register_times=TIME,
    )
    waiting = stored(make_attendee, event=event, order=order, email=unproved.email)
    address = f"/v1/states?event_id={event.id}&attendee_id="
    registrar = stored(make_users_events_roles, event=event, role="registrar").user_id
    staff = stored(make_user, is_admin=True)
    for who in (registrar, buyer, guest, staff):
        reply = client.signed_in_as(who).get(f"{address}{registered.id}")
        assert (reply.status, reply.json) == (200, {"is_registered": True, "register_times": TIME})
    reply = client.signed_in_as(buyer).get(f"{address}{waiting.id}")
    assert reply.json == {"is_registered": False, "register_times": None}
    by_identifier = f"/v1/states?event_id={event.identifier}&attendee_id={waiting.id}"
    assert client.signed_in_as(registrar).get(by_identifier).json == reply.json
    elsewhere = stored(make_users_events_roles, role="owner").user_id
    for stranger in (stored(make_user), elsewhere, guest, unproved):
        assert client.signed_in_as(stranger).get(f"{address}{waiting.id}").status == 404
    assert client.get(f"{address}{registered.id}").status == 401


def test_whoever_is_not_coming_to_this_event_is_not_there(client: Client) -> None:
    event = stored(make_event)
    asking = client.signed_in_as(stored(make_users_events_roles, event=event, role="registrar").user_id)
    other = stored(make_attendee)
    gone = stored(make_attendee, event=event, deleted_at=event.created_at)
    for id in (other.id, gone.id, 4711, "nobody", "9" * 30):
        assert asking.get(f"/v1/states?event_id={event.id}&attendee_id={id}").status == 404


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("", "event_id"),
        ("?attendee_id=1", "event_id"),
        ("?event_id=1", "attendee_id"),
        ("?event_id=&attendee_id=1", "event_id"),
        ("?event_id=%00&attendee_id=1", "event_id"),
    ],
)
def test_both_must_be_said(client: Client, query: str, parameter: str) -> None:
    reply = client.signed_in_as(stored(make_user)).get(f"/v1/states{query}")
    assert (reply.status, reply.errors[0]["source"]) == (400, {"parameter": parameter})
