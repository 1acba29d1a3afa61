"""Times of coming and going are moments; what was noted before stays, whatever it says."""

import pytest

from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply

MOMENTS = (
    "2031-05-03T09:00:00Z",
    "2031-05-03T09:00:00.123456+08:00",
    "2031-05-03 02:00:00+0000",
    "Sat May 03 2031 09:00:00 GMT+0800 (Singapore Standard Time)",
    "2031-05-03T09:00:00Z,2031-05-03T10:00:00Z",
)
NO_MOMENTS = (
    *("yesterday-ish", "noon", " ", ",", "2031-05-03", "2031-13-03T09:00:00Z", "NaN", "infinity", "now"),
    *("2031-05-03T09:00:00Z,then", "2031-05-03T09:00:00Z,", "2031-05-03T09:00:00Z;2031-05-03T10:00:00Z"),
)


@pytest.mark.parametrize("name", ["checkin-times", "checkout-times", "register-times"])
def test_times_are_moments(client: Client, database: TestDatabase, name: str) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    order = stored(make_order, event=event, status="completed")
    attendee = stored(make_attendee, event=event, order=order)
    column = name.replace("-", "_")

    def note(text: str) -> Reply:
        sent = document("attendee", {name: text}, attendee.id)
        return client.signed_in_as(owner).patch(f"/v1/attendees/{attendee.id}", sent)

    for text in NO_MOMENTS:
        reply = note(text)
        assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, f"/data/attributes/{name}"), text
    assert database.one(f"SELECT {column} FROM attendees") is None
    for text in MOMENTS:
        assert note(text).status == 200, text
    database.run(f"UPDATE attendees SET {column} = 'yesterday-ish'")
    assert note(f"yesterday-ish,{MOMENTS[0]}").status == 200
    assert note("yesterday-ish,tomorrow").status == 422
    assert database.one(f"SELECT {column} FROM attendees") == f"yesterday-ish,{MOMENTS[0]}"
