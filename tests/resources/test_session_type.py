"""Session types: a length is hours and minutes."""

import pytest

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session_type import attributes
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client


@pytest.mark.parametrize(
    ("length", "status"),
    [("00:30", 201), ("12:05", 201), ("1:30", 422), ("00:60", 422), ("30", 422), ("00:30\n", 422), (90, 422)],
)
def test_a_length_is_hours_and_minutes(client: Client, length: object, status: int) -> None:
    owner = stored(make_user)
    event = ("event", stored(make_event, owner=owner))
    sent = document("session-type", {**attributes(), "length": length}, event=event)
    assert client.signed_in_as(owner).post("/v1/session-types", sent).status == status
