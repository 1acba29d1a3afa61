"""Who has no account is written to in the language in which they have acted; one function decides for every mail."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

import chalicelib
from chalicelib import db
from chalicelib.settings import settings
from chalicelib.tasks.mail_languages import language_for
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.values.accepted_languages import accepted_language
from chalicelib.values.messages import MAILS
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.guests import Guest
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.tasks.test_mail_templates import KINDS, address_for, made

CODE = Path(chalicelib.__file__).parent


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr, ar;q=0.3, en;q=0.7", "en"),
        ("AR-eg;Q=1.000", "ar"),
        ("de;q=0, ar;q=0.001", "ar"),
        ("en;q=0.5, de;q=0.5", "en"),
        ("fr", None),
        ("*", None),
        ("", None),
        (None, None),
        ("de;q=2, ;;, =", None),
        ("x" * 100_000, None),
    ],
)
def test_what_a_browser_accepts(header: str | None, language: str | None) -> None:
    assert accepted_language(header, MAILS) == language


@pytest.mark.one_database
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.folder)
def test_each_kind_is_in_the_language_of_who_has_no_account(
    kind: type[MailTemplate], database: TestDatabase, pump: Pump
) -> None:
    account = stored(make_user, language_preference="ar").email
    draft = next(made(kind)).mail("nobody@example.org", address_for(kind))
    expected = {
        "kept@example.org": (replace(draft, kept=("fr", "de-CH", "ar"), guess="ar"), "de"),
        "guessed@example.org": (replace(draft, kept=(None,), guess="German"), "de"),
        "stranger@example.org": (draft, "en"),
        account: (replace(draft, kept=("de",)), "ar"),
    }
    for email, (written, _) in expected.items():
        with db.transaction() as session:
            send_and_log(session, kind.folder, replace(written, to=email))
    sent = {mail["to"][0]: mail["headers"]["content-language"] for mail in pump.mails()}
    assert sent == {email: language for email, (_, language) in expected.items()}


def test_one_function_decides() -> None:
    """Nothing else reads the setting, and no draft is written by anything but what asks that function."""
    texts = {path.relative_to(CODE).as_posix(): path.read_text() for path in CODE.rglob("*.py")}
    reads = {path for path, text in texts.items() if re.search(r"settings\(\)\.mail_language", text)}
    assert reads == {"tasks/mail_languages.py"}
    preferences = {path for path, text in texts.items() if "language_preference" in text}
    assert {path for path in preferences if path.startswith("tasks/")} == {"tasks/mail_languages.py"}
    writes = {path for path, text in texts.items() if re.search(r"draft\.mail\(", text)}
    assert writes == {"tasks/send_and_log.py"}
    asks = {
        path for path, text in texts.items() if re.search(r"languages?_for\($|languages?_for\([^)]", text)
    }
    assert asks == {
        "tasks/held_mails.py",
        "tasks/mail_languages.py",
        "tasks/printed_certificate.py",
        "tasks/send_and_log.py",
        "tasks/send_bulk_mail_share.py",
        "tasks/send_session_mails.py",
    }


def test_an_order_is_written_about_in_the_language_of_its_buyer_and_of_each_guest(
    client: Client, pump: Pump, database: TestDatabase
) -> None:
    event = stored(make_event, name="Jazz", can_pay_by_bank=True)
    ticket = stored(make_ticket, event=event, quantity=100)
    browser = client.with_headers({"Accept-Language": "fr;q=0.9, ar;q=0.8, en;q=0.1"})
    guest = Guest(browser, pump)
    buyer, order = guest.with_order((ticket, 3))
    seats = buyer.client.get(f"/v1/orders/{order['id']}/attendees").data
    people = [("Ada", "ada@example.org", None), ("Bo", "bo@example.org", "German"), ("Cy", guest.email, None)]
    for seat, (name, email, native) in zip(seats, people, strict=True):
        named = {"firstname": name, "lastname": "Roe", "email": email, "native-language": native}
        sent = document("attendee", named, seat["id"])
        assert buyer.client.patch(f"/v1/attendees/{seat['id']}", sent).status == 200
    (key,) = guest.mailed_keys()
    # The link is opened on another device, which prefers German: so does whoever reads these mails.
    phone = replace(guest, client=client.with_headers({"Accept-Language": "de-DE,de;q=0.9"}))
    opened = phone.holding(phone.unlocks(key).json["access_token"])
    assert opened.moves(order, status="completed").status == 200
    receipt = {"order-identifier": order["attributes"]["identifier"]}
    assert opened.client.post("/v1/attendees/send-receipt", receipt).status == 200
    pump.everything()
    assert opened.moves(order, status="cancelled").status == 200
    pump.everything()
    sent = [(mail["to"][0], mail["headers"]["content-language"]) for mail in pump.mails()]
    of_buyer = [language for email, language in sent if email == guest.email]
    assert (of_buyer[0], set(of_buyer[1:])) == ("ar", {"de"})
    assert len(of_buyer) == 4  # the link, the tickets, the receipt, the cancellation
    assert dict(sent)["ada@example.org"] == "de"  # as the order's by then
    assert dict(sent)["bo@example.org"] == "de"
    with db.transaction() as session:
        assert language_for(session, guest.email.upper()) == "de"  # for whatever else they are mailed


def test_a_stranger_who_registers_an_address_does_not_choose_the_language_of_its_mails(
    client: Client, pump: Pump, database: TestDatabase
) -> None:
    ticket = stored(make_ticket, event=stored(make_event), quantity=9)
    guest = Guest(client.with_headers({"Accept-Language": "de"}), pump)
    guest.with_order((ticket, 1))
    guest.by_link()
    for email in (guest.email, "new@example.org"):
        account = {"email": email, "password": "correct horse battery", "language-prefrence": "ar"}
        assert client.post("/v1/users", document("user", account)).status == 201
    with db.transaction() as session:
        assert language_for(session, guest.email) == "de"
        assert language_for(session, guest.email, ["en"]) == "en"
        assert language_for(session, "new@example.org", guess="de") == "ar"  # who may have proven it soon
    database.run("UPDATE users SET is_verified = TRUE")
    with db.transaction() as session:
        assert language_for(session, guest.email, ["en"]) == "ar"


def test_who_is_invited_is_written_to_as_they_have_read_or_as_who_invites_prefers(
    client: Client, pump: Pump, database: TestDatabase
) -> None:
    owner = stored(make_user, language_preference="de")
    event = stored(make_event, owner=owner)
    ticket = stored(make_ticket, event=stored(make_event), quantity=9)
    (role,) = database.rows("SELECT id FROM roles WHERE name = 'coorganizer'")
    guest = Guest(client.with_headers({"Accept-Language": "ar"}), pump)
    guest.with_order((ticket, 1))
    guest.by_link()
    asking = client.signed_in_as(owner)
    for email in (guest.email, "stranger@example.org"):
        links = {"event": ("event", event), "role": ("role", role["id"])}
        sent = document("role-invite", {"email": email, "role-name": "coorganizer"}, **links)
        reply = asking.post("/v1/role-invites", sent)
        assert reply.status == 201, reply.text
    pump.everything()
    last = {mail["to"][0]: mail["headers"]["content-language"] for mail in pump.mails()}
    assert last == {guest.email: "ar", "stranger@example.org": "de"}


def test_the_language_of_the_installation_is_the_last_one(
    database: TestDatabase, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("MAIL_LANGUAGE", "ar")
    settings.cache_clear()
    with db.transaction() as session:
        assert language_for(session, "stranger@example.org", ["fr", None], "xx") == "ar"
