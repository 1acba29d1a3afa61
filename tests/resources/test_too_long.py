"""Texts that an index holds: what does not fit there is refused, and the answer says which text it was."""

import secrets
from typing import Any

import pytest

from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.discount_code import attributes as of_a_code
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.speaker import attributes as of_a_speaker
from tests.factories.ticket import attributes as of_a_ticket
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client


@pytest.mark.parametrize(
    ("path", "values", "pointer"),
    [
        ("discount-codes", of_a_code() | {"code": secrets.token_hex(4000)}, "/data/attributes/code"),
        ("tickets", of_a_ticket() | {"name": secrets.token_hex(4000)}, "/data/attributes/name"),
        (
            "speakers",
            of_a_speaker() | {"email": f"ada@{'.'.join(secrets.token_hex(30) for _ in range(100))}.org"},
            "/data/attributes/email",
        ),
    ],
    ids=["code", "name", "address"],
)
def test_what_an_index_cannot_hold_is_refused(
    client: Client, path: str, values: dict[str, Any], pointer: str
) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    answer = client.signed_in_as(owner).post(
        f"/v1/{path}", document(path.removesuffix("s"), values, event=("event", event))
    )
    assert answer.status == 422, answer.text
    assert [(error["source"], error["status"]) for error in answer.json["errors"]] == [
        ({"pointer": pointer}, "422")
    ]
    assert client.signed_in_as(owner).get(f"/v1/events/{event.id}/{path}").data == []


def test_attendees_have_long_names_in_any_script_but_not_endless_ones(client: Client) -> None:
    buyer = stored(make_user)
    attendee = stored(make_attendee, order=stored(make_order, user=buyer, status="initializing"))

    def named(**sent: str) -> Any:
        body = document("attendee", sent, attendee.id)
        return client.signed_in_as(buyer).patch(f"/v1/attendees/{attendee.id}", body)

    letters = [chr(0x20000 + secrets.randbelow(40_000)) for _ in range(400)]  # which cannot be compressed
    first, last = "".join(letters[:200]), "".join(letters[200:])
    address = f"{secrets.token_hex(30)}@{'.'.join(secrets.token_hex(30) for _ in range(3))}.museum"
    fits = named(firstname=first, lastname=last, email=address)
    assert fits.status == 200, fits.text
    assert fits.data["attributes"]["firstname"] == first
    for name, text in {"firstname": first + "x", "lastname": last + "x", "email": "x" * 60 + address}.items():
        refused = named(**{name: text})
        assert refused.status == 422, refused.text
        assert [error["source"]["pointer"] for error in refused.json["errors"]] == [
            f"/data/attributes/{name}"
        ]
