"""SES takes a mail, and its answer is lost or an error: no try sends twice, and the ledger says what is known."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from chalicelib import aws, db, signals, tasks
from chalicelib.settings import settings
from devstack import mail_events
from devstack.aws_stand_in import Resources
from devstack.fault_messages import HttpMessage, aws_kind, refusal
from devstack.fault_proxy import AFTER, BEFORE, CUT, REFUSED, WITHIN, Fault, FaultProxy, Settings
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.tasks.bulk_mail_scene import make_scene
from tests.tasks.messages import received

_SES = "ses SendRawEmail"
UNHEARD = [
    Fault(CUT, AFTER),
    Fault(CUT, WITHIN),
    Fault(REFUSED, AFTER, answer=refusal(500, _SES)),
    Fault(REFUSED, AFTER, answer=refusal(503, _SES)),
]


@pytest.fixture
def faults(stand_in: Resources, environment: pytest.MonkeyPatch) -> Iterator[list[Fault]]:
    """The faults of the next requests to SES, in turn."""
    coming: list[Fault] = []

    def choose(_service: str, kind: str, _message: HttpMessage | None) -> Fault | None:
        return coming.pop(0) if kind == _SES and coming else None

    port = urlsplit(stand_in.endpoint).port or 0
    proxy = FaultProxy(Settings("AWS", port, choose, kill=print, kind_of=aws_kind))
    environment.setenv("AWS_ENDPOINT_URL", proxy.url)
    settings.cache_clear()
    aws.forget()
    yield coming
    proxy.close()


def _ask_for_mail() -> None:
    with db.transaction() as session:
        signals.emit(session, "mail.test_requested", recipient="ada@example.org", viewer_id=None)


@pytest.mark.parametrize("fault", UNHEARD, ids=lambda fault: f"{fault.what} {fault.moment}")
def test_a_mail_that_was_taken_unheard_is_not_sent_again_once_ses_has_published_it(
    database: TestDatabase, stand_in: Resources, pump: Pump, faults: list[Fault], fault: Fault
) -> None:
    _ask_for_mail()
    event = received(stand_in)
    faults.append(fault)
    assert len(tasks.run(event)["batchItemFailures"]) == 1
    (mail,) = pump.mails()
    (row,) = database.rows("SELECT state, attempts, detail FROM mails")
    assert row == {"state": "sending", "attempts": 1, "detail": None}, "nobody knows"

    mail_events.publish(stand_in, mail_events.event_of(mail, "send"))
    pump.tasks()
    assert tasks.run(event) == {"batchItemFailures": []}
    assert len(pump.mails()) == 1
    assert database.one("SELECT state FROM mails") == "sent"


def test_a_mail_that_came_too_fast_is_asked_for_again_at_once(
    database: TestDatabase, stand_in: Resources, pump: Pump, faults: list[Fault]
) -> None:
    faults += [Fault(REFUSED, BEFORE, answer=refusal(400, _SES, "Throttling"))] * 2
    _ask_for_mail()
    assert tasks.run(received(stand_in)) == {"batchItemFailures": []}
    assert len(pump.mails()) == 1
    (row,) = database.rows("SELECT state, attempts FROM mails")
    assert row == {"state": "sent", "attempts": 1}


@pytest.mark.parametrize("fault", UNHEARD, ids=lambda fault: f"{fault.what} {fault.moment}")
def test_a_recipient_of_a_bulk_mail_that_was_taken_unheard_is_in_doubt_and_not_sent_to_again(
    client: Client, database: TestDatabase, pump: Pump, faults: list[Fault], fault: Fault
) -> None:
    scene = make_scene(client, database, pump)
    scene.attendees("ada@example.org")
    mail = scene.draft()
    assert scene.move(mail, "submit", "approve", "send").status == 200
    scene.pump.tasks()
    faults.append(fault)
    scene.pump.tasks()  # the share
    assert scene.recipients() == ["ada@example.org"]
    event = received(pump.resources) if pump.waiting()["visible"] else None
    if event is not None:
        tasks.run(event)
    assert scene.recipients() == ["ada@example.org"]
    assert database.one("SELECT state FROM bulk_mail_recipients") == "sending"
