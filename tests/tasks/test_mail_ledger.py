"""Each mail has a row with its fate, from before it is sent; a process that is killed leaves one that says so."""

import json
import subprocess
import sys
from typing import Any

import pytest

from chalicelib import db, signals, tasks
from chalicelib.settings import settings
from devstack import mail_events
from devstack.aws_stand_in import Resources
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.mail_suppression import make_mail_suppression
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.tasks.messages import received
from tests.tasks.order_scene import happens, scene

ROWS = "SELECT * FROM mails ORDER BY id"


def ask_for_test_mail(recipient: str = "ada@example.org") -> None:
    with db.transaction() as session:
        signals.emit(session, "mail.test_requested", recipient=recipient, viewer_id=None)


def test_a_mail_has_one_row_with_its_ids(database: TestDatabase, pump: Pump) -> None:
    told = scene()
    happens("completed", told.order)
    pump.everything()
    rows = {row["recipient"]: row for row in database.rows(ROWS)}
    sent = {mail["to"][0]: mail for mail in pump.mails()}
    assert rows.keys() == sent.keys()
    for address, row in rows.items():
        assert (row["state"], row["attempts"], row["event_id"]) == ("sent", 1, told.event.id)
        assert row["ses_id"]
        assert row["message_id"] == sent[address]["headers"]["message-id"]
        assert row["message_id"].endswith("@example.org>")
        assert sent[address]["headers"]["auto-submitted"] == "auto-generated"
        assert "list-unsubscribe" not in sent[address]["headers"]
    assert len({row["message_id"] for row in rows.values()}) == len(rows)
    assert {row["kind"] for row in rows.values()} == {
        "order_to_buyer",
        "order_to_guest",
        "order_to_organizer",
    }


# The process dies in the window: SES has taken the mail, and the task has not committed.
KILLED = """
import json, os, sys
from chalicelib import aws, entrypoints, tasks
entrypoints.import_all()
ses = aws.ses()
send = ses.send_raw_email
def send_and_die(**arguments):
    send(**arguments)
    os._exit(9)
ses.send_raw_email = send_and_die
tasks.run(json.load(sys.stdin))
"""


@pytest.fixture
def killed(database: TestDatabase, stand_in: Resources, pump: Pump) -> dict[str, Any]:
    """The event of SQS on which a process has died in the window."""
    ask_for_test_mail()
    event = received(stand_in)
    done = subprocess.run([sys.executable, "-c", KILLED], input=json.dumps(event).encode(), check=False)
    assert done.returncode == 9
    return event


def test_a_process_killed_in_the_window_leaves_a_row_and_the_mail_is_sent_again_under_one_message_id(
    killed: dict[str, Any], database: TestDatabase, pump: Pump
) -> None:
    (row,) = database.rows(ROWS)
    assert (row["state"], row["ses_id"], row["recipient"]) == ("sending", None, "ada@example.org")
    assert len(pump.mails()) == 1
    assert database.one("SELECT count(*) FROM tasks_done") == 0

    assert tasks.run(killed) == {"batchItemFailures": []}

    first, second = pump.mails()
    assert first["headers"]["message-id"] == second["headers"]["message-id"] == row["message_id"]
    (row,) = database.rows(ROWS)
    assert (row["state"], row["attempts"]) == ("sent", 2)
    tasks.run(killed)
    assert len(pump.mails()) == 2


def test_what_ses_refuses_is_failed_and_sent_at_the_next_try(
    database: TestDatabase, stand_in: Resources, pump: Pump, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_for_test_mail()
    event = received(stand_in)
    sender = "nobody@unverified.example"
    monkeypatch.setenv("MAIL_FROM", sender)
    settings.cache_clear()
    assert len(tasks.run(event)["batchItemFailures"]) == 1
    (row,) = database.rows(ROWS)
    assert (row["state"], row["detail"]) == ("failed", "SES: MessageRejected")
    monkeypatch.undo()
    settings.cache_clear()
    assert tasks.run(event) == {"batchItemFailures": []}
    (row,) = database.rows(ROWS)
    assert (row["state"], row["detail"], row["attempts"]) == ("sent", None, 2)


def test_suppressed_addresses_are_not_mailed_and_staff_lifts_that(
    client: Client, database: TestDatabase, pump: Pump
) -> None:
    gone = stored(make_mail_suppression, email="Ada@example.org")
    stored(make_mail_suppression, email="bob@example.org", kind="announce_event", reason="unsubscribed")
    for recipient in ("ada@EXAMPLE.org", "bob@example.org"):
        ask_for_test_mail(recipient)
    pump.everything()
    assert [mail["to"] for mail in pump.mails()] == [["bob@example.org"]]
    rows = {row["recipient"].lower(): (row["state"], row["detail"]) for row in database.rows(ROWS)}
    assert rows == {"ada@example.org": ("suppressed", "bounce"), "bob@example.org": ("sent", None)}

    address = f"/v1/mail-suppressions/{gone.id}"
    for viewer, status in ((client, 401), (client.signed_in_as(stored(make_user)), 403)):
        assert viewer.delete(address).status == 404
        assert viewer.get("/v1/mail-suppressions").status == status
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    assert len(staff.get("/v1/mail-suppressions").json["data"]) == 2
    assert staff.delete(address).status == 200
    ask_for_test_mail()
    pump.everything()
    assert pump.mails()[-1]["to"] == ["ada@example.org"]


def test_organizers_see_the_fate_of_their_events_mails_and_no_others(
    client: Client, database: TestDatabase, pump: Pump
) -> None:
    told = scene()
    other = stored(make_event)
    happens("completed", told.order)
    ask_for_test_mail()
    pump.everything()
    owner = client.signed_in_as(told.owner)
    listed = owner.get(f"/v1/events/{told.event.id}/mails").json["data"]
    attributes = [item["attributes"] for item in listed]
    assert {item["recipient"] for item in attributes} == {
        told.buyer.email,
        "grace@example.org",
        told.owner.email,
    }
    assert {item["state"] for item in attributes} == {"sent"}
    assert not {"message", "message-id", "ses-id"} & set().union(*attributes)
    assert owner.get(f"/v1/mails/{listed[0]['id']}").status == 200
    assert owner.get("/v1/mails").status == 403
    assert owner.get(f"/v1/events/{other.id}/mails").json.get("data", []) == []
    test_mail = database.one("SELECT id FROM mails WHERE kind = 'test_mail'")
    assert owner.get(f"/v1/mails/{test_mail}").status in {403, 404}
    assert client.signed_in_as(told.buyer).get(f"/v1/mails/{listed[0]['id']}").status in {403, 404}


def test_when_ses_has_published_that_it_took_the_mail_it_is_not_sent_again(
    killed: dict[str, Any], database: TestDatabase, stand_in: Resources, pump: Pump
) -> None:
    (mail,) = pump.mails()
    mail_events.publish(stand_in, mail_events.event_of(mail, "send"))
    pump.everything()
    assert [row["state"] for row in database.rows(ROWS)] == ["sent"]
    assert tasks.run(killed) == {"batchItemFailures": []}
    assert len(pump.mails()) == 1
    assert database.one("SELECT count(*) FROM tasks_done WHERE task = 'send_test_mail'") == 1


def test_a_mail_with_a_secret_is_sent_again_as_the_first_one_has_a_link_that_is_void(
    database: TestDatabase, stand_in: Resources, pump: Pump
) -> None:
    user = stored(make_user, is_verified=False)
    with db.transaction() as session:
        signals.emit(session, "user.verification_requested", id=user.id)
    event = received(stand_in)
    subprocess.run([sys.executable, "-c", KILLED], input=json.dumps(event).encode(), check=False)
    mail_events.publish(stand_in, mail_events.event_of(pump.mails()[0], "send"))
    pump.everything()
    assert tasks.run(event) == {"batchItemFailures": []}
    first, second = (mail["text"] for mail in pump.mails())
    assert first != second


@pytest.mark.parametrize(
    ("kind", "more", "state", "detail", "reason"),
    [
        ("bounce", {}, "bounced", "Permanent General", "bounce"),
        (
            "bounce",
            {"bounceType": "Transient", "bounceSubType": "MailboxFull"},
            "bounced",
            "Transient MailboxFull",
            None,
        ),
        ("complaint", {}, "complained", "abuse", "complaint"),
        ("complaint", {"complaintFeedbackType": "not-spam"}, "sent", None, None),
        ("reject", {}, "failed", "Bad content", None),
        ("send", {}, "sent", None, None),
    ],
)
def test_what_ses_publishes_is_noted_and_suppresses_the_address(
    client: Client,
    database: TestDatabase,
    stand_in: Resources,
    pump: Pump,
    kind: str,
    more: dict[str, str],
    state: str,
    detail: str | None,
    reason: str | None,
) -> None:
    told = scene()
    happens("completed", told.order)
    pump.everything()
    mail = next(mail for mail in pump.mails() if mail["to"] == ["grace@example.org"])
    event = mail_events.event_of(mail, kind, **more)
    for published in (event, event, mail_events.event_of(mail, "send")):
        mail_events.publish(stand_in, published)
    pump.everything()
    listed = client.signed_in_as(told.owner).get(f"/v1/events/{told.event.id}/mails").data
    fates = {row["attributes"]["recipient"]: row["attributes"] for row in listed}
    assert (fates["grace@example.org"]["state"], fates["grace@example.org"]["detail"]) == (state, detail)
    assert fates[told.buyer.email]["state"] == "sent"
    suppressed = database.rows("SELECT email, kind, reason FROM mail_suppressions")
    assert [tuple(row.values()) for row in suppressed] == (
        [("grace@example.org", "", reason)] if reason else []
    )


def test_events_about_no_mail_of_ours_are_ignored(
    database: TestDatabase, stand_in: Resources, pump: Pump
) -> None:
    mail = {"to": ["ada@example.org"], "headers": {"message-id": "<0000@example.org>"}}
    mail_events.publish(stand_in, mail_events.event_of(mail, "bounce"))
    pump.everything()
    assert database.rows("SELECT * FROM mail_suppressions") == []
    assert pump.waiting()["dead"] == 0
