"""Who signs up is asked by mail whether the address is theirs."""

from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib import clock, db, signals
from chalicelib.mail import Mail, Undeliverable, send
from chalicelib.resources.people.user.user import User
from chalicelib.tasks import RetryLater, send_verification_mail
from devstack.aws_stand_in import Resources
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump


def test_signing_up_brings_a_mail_with_a_link_that_proves_the_address(client: Client, pump: Pump) -> None:
    attributes = {"email": "ada+tea@example.org", "password": "earl grey, hot"}
    reply = client.post("/v1/users", {"data": {"type": "user", "attributes": attributes}})
    assert reply.status == 201, reply.text
    pump.everything()

    (mail,) = pump.mails()
    assert mail["to"] == ["ada+tea@example.org"]
    assert mail["subject"] == "Please confirm your e-mail address"
    link = urlsplit(next(word for word in mail["text"].split() if word.startswith("http://localhost:4200/")))
    (token,) = parse_qs(link.query)["token"]
    assert link.path == "/verify"
    assert client.post("/v1/auth/verify-email", {"data": {"token": token}}).status == 200


def test_asking_again_brings_another_mail(database: TestDatabase, pump: Pump) -> None:
    with db.transaction() as session:
        user = User(email="ada@example.org", created_at=clock.now())
        session.add(user)
        session.flush()
        signals.emit(session, "user.verification_requested", id=user.id)
    pump.everything()

    assert [mail["to"] for mail in pump.mails()] == [["ada@example.org"]]


@pytest.mark.parametrize("columns", [{"is_verified": True}, {"deleted_at": clock.now()}])
def test_nobody_is_asked_in_vain(database: TestDatabase, pump: Pump, columns: dict[str, object]) -> None:
    with db.transaction() as session:
        user = User(email="ada@example.org", created_at=clock.now(), **columns)
        session.add(user)
        session.flush()
        signals.emit(session, "user.created", id=user.id)
    pump.everything()

    assert pump.mails() == []
    assert sum(pump.waiting().values()) == 0


def test_a_user_that_is_not_there_yet_is_waited_for(database: TestDatabase) -> None:
    with db.transaction() as session, pytest.raises(RetryLater):
        send_verification_mail.send_verification_mail(session, user_id=5)


def test_nothing_in_a_mail_is_taken_as_markup_and_no_header_can_be_smuggled_in(
    stand_in: Resources, pump: Pump
) -> None:
    mail = Mail("ada@example.org", "Tea\r\nBcc: eve@example.org", ("<script>&",), ("Go", 'https://x/"><b>'))

    assert "<script>" not in mail.html()
    assert '"><b>' not in mail.html()
    send(mail)
    assert pump.mails()[0]["subject"] == "Tea Bcc: eve@example.org"
    assert pump.mails()[0]["to"] == ["ada@example.org"]
    with pytest.raises(Undeliverable):
        send(Mail("ada@example.org\r\nBcc: eve@example.org", "Tea", ()))
