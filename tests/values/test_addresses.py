"""One form for every e-mail address: who signs up, is invited, written to, looked up or let in by it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.auth import passwords
from chalicelib.values import addresses
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.role import built_in
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.values.meanings import WRONG_ADDRESSES

PASSWORD = "earl grey, hot"
SPELLINGS = (
    "ada@bücher.example",
    "ADA@BÜCHER.example",
    " ada@xn--bcher-kva.example ",
    "Ada@XN--BCHER-KVA.Example",
)


def sign_up(client: Client, address: str) -> Any:
    return client.post("/v1/users", document("user", {"email": address, "password": PASSWORD}))


def test_an_address_has_one_account_however_it_is_spelled(client: Client, database: TestDatabase) -> None:
    first = sign_up(client, SPELLINGS[0])
    assert (first.status, first.data["attributes"]["email"]) == (201, "ada@xn--bcher-kva.example")
    for spelling in SPELLINGS:
        again = sign_up(client, spelling)
        assert (again.status, again.errors[0]["source"]["pointer"]) == (409, "/data/attributes/email")
        signed_in = client.post("/v1/auth/login", {"email": spelling, "password": PASSWORD})
        assert signed_in.status == 200, signed_in.text
        assert client.post("/v1/users/checkEmail", {"email": spelling}).json["exists"] is True
    assert client.post("/v1/users/checkEmail", {"email": "ada@bucher.example"}).json["exists"] is False
    assert database.one("SELECT count(*) FROM users WHERE email LIKE 'ada@%'") == 1


def test_what_no_mail_can_be_sent_to_signs_nobody_up(client: Client, database: TestDatabase) -> None:
    for address in (*WRONG_ADDRESSES, ""):
        reply = sign_up(client, address)
        assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, "/data/attributes/email"), (
            address
        )
    assert database.one("SELECT count(*) FROM users") == 0
    for address in (f"{'x' * 64}@example.org", "o'neil+tag@sub.example.co.uk", "me@localhost", "1@2.ua"):
        assert sign_up(client, address).status == 201, address


def test_mail_goes_to_the_address_in_ascii(client: Client, pump: Pump) -> None:
    assert sign_up(client, "ada.lovelace@bücher.example").status == 201
    pump.everything()
    (mail,) = pump.mails()
    assert mail["to"] == ["ada.lovelace@xn--bcher-kva.example"]


def test_an_old_address_that_no_mail_reaches_ends_as_a_dead_letter_at_once(
    client: Client, database: TestDatabase, pump: Pump
) -> None:
    old = stored(
        make_user, email="jörg@bücher.example", password_hash=passwords.hashed(PASSWORD), is_verified=False
    )
    for spelling in ("jörg@bücher.example", "JÖRG@bücher.EXAMPLE"):
        signed_in = client.post("/v1/auth/login", {"email": spelling, "password": PASSWORD})
        assert signed_in.status == 200, signed_in.text
    asked = client.post("/v1/auth/reset-password", {"data": {"email": old.email}})
    assert asked.status == 200
    pump.everything()
    assert pump.mails() == []
    (failure,) = database.rows("SELECT failure FROM outbox WHERE failed_at IS NOT NULL")
    assert "none that mail can be sent to" in failure["failure"]
    assert "jörg" not in failure["failure"]
    assert pump.waiting()["dead"] == 1


def test_an_invitation_finds_its_guest_however_the_address_is_spelled(
    client: Client, database: TestDatabase
) -> None:
    owner, guest = stored(make_user), stored(make_user, email="ada@xn--bcher-kva.example")
    event = stored(make_event, owner=owner)
    role = stored(lambda session: built_in(session, "organizer"))
    team = client.signed_in_as(owner)

    def invite(address: str) -> Any:
        links = {"event": ("event", event), "role": ("role", role)}
        sent = {"email": address, "role-name": "organizer"}
        return team.post("/v1/role-invites", document("role-invite", sent, **links))

    assert invite("jörg@example.org").status == 422
    made = invite("Ada@Bücher.example")
    assert made.status == 201, made.text
    assert invite("ada@xn--bcher-kva.example").status == 409
    seen = client.signed_in_as(guest).get(f"/v1/role-invites/{made.data['id']}")
    assert seen.status == 200, seen.text


@given(
    st.text(max_size=40) | st.emails() | st.builds("{}@{}".format, st.text(max_size=9), st.text(max_size=30))
)
def test_the_form_of_an_address_stays_as_it_is(text: str) -> None:
    form = addresses.stored_form(text)
    assert addresses.stored_form(form) == form
    if addresses.mistake_in(form) is None:
        assert form.isascii()
        assert form.count("@") == 1
        assert not any(letter.isspace() for letter in form)
