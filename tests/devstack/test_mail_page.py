"""The inbox at /local/mails: a page for people, the list for programs, and mails that bounce."""

import json
from html.parser import HTMLParser

import pytest

from chalicelib import db, signals
from devstack import mail_page
from devstack.aws_stand_in import Resources
from tests.factories import stored
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.pump import Pump

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


class Frames(HTMLParser):
    """The documents that are framed in a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.framed: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "iframe":
            values = dict(attrs)
            assert values["sandbox"] == "allow-popups"
            self.framed.append(values["srcdoc"] or "")


@pytest.fixture
def inbox(
    database: TestDatabase,
    stand_in: Resources,
    pump: Pump,
    environment: pytest.MonkeyPatch,
    signals_on: None,
) -> Resources:
    for name, value in stand_in.environment().items():
        environment.setenv(name, value)
    stored(make_user, email="grace@example.org", language_preference="ar")
    for recipient in ("ada@example.org", "grace@example.org"):
        with db.transaction() as session:
            signals.emit(session, "mail.test_requested", recipient=recipient, viewer_id=None)
        pump.everything()
    return stand_in


def get(target: str, accept: str = BROWSER) -> tuple[int, str]:
    reply = mail_page.answer("GET", target, accept)
    assert reply is not None
    return reply.status, reply.body.decode()


def test_programs_get_the_list_and_people_a_page(inbox: Resources) -> None:
    for accept in ("*/*", "application/json", ""):
        status, text = get("/local/mails", accept)
        assert (status, text.startswith('[{"from"')) == (200, True)
    assert [mail["to"] for mail in json.loads(get("/local/mails?to=ada@example.org", "*/*")[1])] == [
        ["ada@example.org"]
    ]
    assert get("/local/mails?to=nobody@example.org", "*/*")[1] == "[]"
    status, page = get("/local/mails")
    assert status == 200
    assert "ada@example.org" in page
    (framed,) = Frames(page).framed
    assert 'lang="ar" dir="rtl"' in framed
    (older,) = Frames(get("/local/mails?mail=0")[1]).framed
    assert "This server sends mails, and they arrive." in older
    assert "No mail was sent yet" in get("/local/mails?mail=9")[1]
    assert mail_page.answer("GET", "/local/other", BROWSER) is None


def test_a_mail_can_be_let_bounce(inbox: Resources, database: TestDatabase, pump: Pump) -> None:
    for target in ("?mail=0", "?mail=0&event=party", "?mail=7&event=bounce"):
        assert mail_page.answer("POST", f"/local/mails{target}", BROWSER) is None
    reply = mail_page.answer("POST", "/local/mails?mail=0&event=bounce", BROWSER)
    assert reply is not None
    assert (reply.status, dict(reply.headers)["Location"]) == (303, "/local/mails?mail=0")
    pump.everything()
    assert database.one("SELECT state FROM mails WHERE recipient = 'ada@example.org'") == "bounced"
    assert database.one("SELECT email FROM mail_suppressions") == "ada@example.org"
