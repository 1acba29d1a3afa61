"""Nothing that was sent before the loss is sent again by itself: an operator decides."""

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock, db, health, scheduled, signals
from chalicelib.cli.commands import main
from chalicelib.scheduled_jobs import JOBS
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.people.test_inbox import tell
from tests.restoring.conftest import Disaster
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.tasks.bulk_mail_scene import make_scene
from tests.tasks.order_scene import happens, scene
from tests.tasks.test_web_push import Browser, PushService, service, subscribe

pytestmark = pytest.mark.one_database
pushes = service  # a push service that counts


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert main(["restored", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def recipients(pump: Pump) -> list[str]:
    return sorted(mail["to"][0] for mail in pump.mails())


def test_mails_of_the_lost_time_are_held_with_all_that_follows_until_an_operator_drops_them(
    client: Client, database: TestDatabase, pump: Pump, disaster: Disaster, capsys: pytest.CaptureFixture[str]
) -> None:
    sold = scene()
    happens("completed", sold.order)  # the tasks are in the outbox
    disaster.back_up()
    pump.everything()  # and are done in the time that is lost
    sent = recipients(pump)
    assert len(sent) == 3

    restored = disaster.strike()
    pump.tick("sweep_outbox")
    pump.everything()

    assert recipients(pump) == sent  # nobody has a second one
    assert restored.one("SELECT count(*) FROM invoices") == 1  # what does not leave is done again
    held = said(capsys, "list")
    assert sum(row["held"] for row in held) == 3
    assert pump.waiting() == {"visible": 0, "in_flight": 0, "delayed": 0, "dead": 0}
    assert client.get("/health-check").status == 200
    with clock.shifted(timedelta(minutes=61)):
        health.forget()
        assert "3 tasks in doubt since a restoration wait for a decision" in client.get("/health-check").text

    assert said(capsys, "drop") == {"dropped": 3}
    with clock.shifted(timedelta(minutes=61)):
        health.forget()
        assert "0 tasks are held for a decision" in client.get("/health-check").text
    assert said(capsys, "release") == {"released": 0}
    pump.tick("sweep_outbox")
    pump.everything()
    assert recipients(pump) == sent


def test_what_was_not_sent_before_the_loss_is_released_and_sent_once(
    client: Client, database: TestDatabase, pump: Pump, disaster: Disaster, capsys: pytest.CaptureFixture[str]
) -> None:
    with db.transaction() as session:
        signals.emit(session, "mail.test_requested", recipient="leslie@example.org", viewer_id=None)
    disaster.back_up()
    disaster.strike()
    pump.tick("sweep_outbox")
    pump.everything()
    assert "leslie@example.org" not in recipients(pump)
    assert said(capsys, "release", "--task", "refund_event") == {"released": 0}
    assert said(capsys, "release", "--task", "send_test_mail") == {"released": 1}
    assert said(capsys, "release") == {"released": 0}
    for _ in range(2):
        pump.tick("sweep_outbox")
        pump.everything()
    assert recipients(pump).count("leslie@example.org") == 1


def test_a_bulk_mail_of_the_lost_time_reaches_nobody_twice_and_goes_on_when_it_is_released(
    client: Client, database: TestDatabase, pump: Pump, disaster: Disaster, capsys: pytest.CaptureFixture[str]
) -> None:
    bulk = make_scene(client, database, pump)
    bulk.attendees("ada@bulk.example.org", "grace@bulk.example.org")
    mail = bulk.draft()
    assert bulk.move(mail, "submit", "approve", "send").status == 200
    disaster.back_up()
    pump.everything()

    def reached() -> list[str]:
        return [address for address in recipients(pump) if address.endswith("@bulk.example.org")]

    assert reached() == ["ada@bulk.example.org", "grace@bulk.example.org"]
    disaster.strike()
    pump.tick("sweep_outbox")
    pump.everything()
    assert reached() == ["ada@bulk.example.org", "grace@bulk.example.org"]
    assert "send_bulk_mail_share" in [row["task"] for row in said(capsys, "list")]
    assert said(capsys, "release", "--task", "send_bulk_mail_share") == {"released": 1}
    pump.everything()
    assert len(reached()) == 4  # the operator has said so


def test_a_push_message_of_the_lost_time_is_held(
    client: Client, database: TestDatabase, pump: Pump, disaster: Disaster, pushes: PushService
) -> None:
    reader = stored(make_user)
    browser = Browser("/wpush/v2/reader")
    subscribed = subscribe(client.signed_in_as(reader), reader, browser.attributes("new_session"))
    assert subscribed.status == 201
    tell([reader], kind="new_session")
    disaster.back_up()
    pump.everything()
    assert len(pushes.requests) == 1
    disaster.strike()
    pump.tick("sweep_outbox")
    pump.everything()
    assert len(pushes.requests) == 1


def test_what_happens_after_the_restoration_is_certain(
    client: Client, database: TestDatabase, pump: Pump, disaster: Disaster
) -> None:
    disaster.back_up()
    disaster.strike()
    sent = document("user", {"email": "grace@example.org", "password": "correct horse battery"})
    assert client.post("/v1/users", sent).status == 201
    pump.everything()
    assert "grace@example.org" in recipients(pump)


def test_a_clock_that_has_struck_in_the_lost_time_mails_nobody_twice(
    client: Client, database: TestDatabase, pump: Pump, disaster: Disaster, capsys: pytest.CaptureFixture[str]
) -> None:
    owner = stored(make_user)
    over = clock.now() - timedelta(hours=20)
    stored(make_event, owner=owner, starts_at=over - timedelta(hours=1), ends_at=over, state="published")
    disaster.back_up()
    pump.tick("sweep_outbox")
    pump.everything()
    sent = recipients(pump)
    assert owner.email in sent

    restored = disaster.strike()
    pump.tick("sweep_outbox")
    pump.everything()
    assert recipients(pump) == sent
    assert said(capsys, "list") != []
    # Each job was completed once by now: what it does later is certain.
    with db.transaction() as session:
        assert {doubt for _, doubt in scheduled._order(JOBS)} == {None}, restored.rows(
            "SELECT name, completed_at FROM scheduled_jobs"
        )
        signals.emit(session, "mail.test_requested", recipient="ada@example.org", viewer_id=None)
    pump.everything()
    assert sorted([*sent, "ada@example.org"]) == recipients(pump)


def test_a_restoration_is_put_in_order_once(
    client: Client, database: TestDatabase, disaster: Disaster, capsys: pytest.CaptureFixture[str]
) -> None:
    disaster.back_up()
    disaster.strike()
    when = ["--moment", disaster.moment.isoformat(), "--lost-until", disaster.lost_until.isoformat()]
    assert main(["restored", "begin", *when]) == 1
    assert "before" in capsys.readouterr().err
    late = ["--moment", disaster.lost_until.isoformat(), "--lost-until", disaster.moment.isoformat()]
    assert main(["restored", "begin", *late]) == 1


@pytest.mark.parametrize("moment", ["yesterday", "2031-05-02T09:00:00"])
def test_what_is_no_moment_or_no_task_is_refused(
    database: TestDatabase, capsys: pytest.CaptureFixture[str], moment: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["restored", "begin", "--moment", moment, "--lost-until", moment])
    assert f"'{moment}' is no moment: ISO 8601 with a zone" in capsys.readouterr().err
    for verb in ("release", "drop"):
        assert main(["restored", verb, "--task", "nothing"]) == 1
        assert "there is no task nothing" in capsys.readouterr().err


def test_ids_of_the_lost_time_are_not_given_out_again(
    client: Client, database: TestDatabase, disaster: Disaster
) -> None:
    event = stored(make_event)
    disaster.back_up()
    lost = stored(make_ticket, event=event)
    disaster.strike("--gap", "500")
    assert stored(make_ticket, event=event).id >= lost.id + 499
