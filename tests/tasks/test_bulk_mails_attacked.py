"""Bulk mails, as strangers and accidents try them: rights lost meanwhile, splitting, unseen texts, SES's refusals."""

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib import aws, clock, tasks
from chalicelib.settings import settings
from chalicelib.tasks import send_bulk_mail_share
from devstack.aws_stand_in import Resources
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.group import make_group
from tests.factories.mail_suppression import make_mail_suppression
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.factories.user_follow_group import make_user_follow_group
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.tasks.bulk_mail_scene import Scene, joins, killed_in_the_window, make_scene


@pytest.fixture
def scene(client: Client, database: TestDatabase, pump: Pump) -> Scene:
    return make_scene(client, database, pump)


def followed(scene: Scene, *fans: Any) -> Any:
    group = stored(make_group, user=scene.owner)
    scene.database.run("UPDATE events SET group_id = :group", group=group.id)
    for fan in fans:
        stored(make_user_follow_group, group=group, user=fan)
    return group


def begun(scene: Scene, who: Any = None, **attributes: Any) -> str:
    """A mail whose recipients are fixed, and to none of whom it was sent."""
    mail = scene.draft(**attributes)
    assert scene.move(mail, "submit", "approve", "send", who=who).status == 200
    scene.pump.tasks()
    assert scene.recipients() == []
    assert scene.progress(mail)[0] == "sending"
    return mail


def test_the_preview_shows_no_address_that_its_reader_may_not_see(scene: Scene) -> None:
    fan = stored(make_user, public_name="Ada")
    followed(scene, fan)
    mail = scene.draft(audience="followers")
    owner = scene.client.signed_in_as(scene.owner)
    assert owner.get(f"/v1/users/{fan.id}").status == 404
    preview = owner.get(f"/v1/bulk-mails/{mail}/preview").json
    assert (preview["count"], preview["recipients"]) == (1, [{"email": None, "name": "Ada"}])
    # And no filter guesses it.
    for guess in (fan.email, "nobody@example.org"):
        by_address = {"name": "user", "op": "has", "val": {"name": "email", "op": "eq", "val": guess}}
        reply = scene.written(audience="followers", filter=json.dumps([by_address]))
        if reply.status == 201:
            preview = owner.get(f"/v1/bulk-mails/{reply.json['data']['id']}/preview").json
            assert preview["count"] == 0


def test_shares_stop_once_whoever_sends_has_lost_their_role(scene: Scene) -> None:
    second = joins(scene.event, "coorganizer")
    scene.attendees("ada@example.org")
    mail = begun(scene, who=second)
    scene.database.run("DELETE FROM users_events_roles WHERE user_id = :user", user=second.id)
    scene.pump.everything()
    assert scene.recipients() == []
    assert scene.progress(mail) == ("cancelled", 0, 0, 0, 1)


@pytest.mark.parametrize("how", ["trash", "for good"])
def test_shares_stop_once_the_group_is_deleted(scene: Scene, how: str) -> None:
    group = followed(scene, stored(make_user))
    mail = begun(scene, audience="followers")
    if how == "trash":
        assert scene.client.signed_in_as(scene.owner).delete(f"/v1/groups/{group.id}").status == 200
    else:
        # Another group of the event is not who was meant.
        scene.database.run("UPDATE bulk_mails SET group_id = NULL")
    scene.pump.everything()
    assert scene.recipients() == []
    assert scene.progress(mail)[0] == "cancelled"


def test_shares_of_an_event_that_was_deleted_for_good_end(scene: Scene) -> None:
    scene.attendees("ada@example.org")
    begun(scene)
    scene.database.run("DELETE FROM bulk_mails")
    scene.pump.everything()
    assert scene.recipients() == []
    failed = scene.database.rows("SELECT task FROM outbox WHERE attempts > 0")
    assert failed == []


def test_who_unsubscribes_while_it_is_not_known_whether_they_have_it_gets_no_second_one(
    scene: Scene, stand_in: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_CONFIGURATION_SET", "mails")
    settings.cache_clear()
    everybody = [f"{name}@example.org" for name in ("ada", "bob", "cleo", "dan")]
    scene.attendees(*everybody)
    mail = scene.draft()
    event = killed_in_the_window(scene, stand_in, mail)
    assert tasks.run(event) == {"batchItemFailures": []}
    stored(make_mail_suppression, email="bob@example.org", kind=f"bulk_mail event {scene.event.id}")
    with clock.shifted(timedelta(minutes=11)):
        scene.pump.tick("sweep_outbox")
        scene.pump.everything()
        assert scene.progress(mail) == ("sent", 3, 1, 0, 0)
    assert scene.recipients() == everybody
    assert scene.database.one("SELECT state FROM mails WHERE recipient = 'bob@example.org'") == "suppressed"


def refuse(monkeypatch: pytest.MonkeyPatch, problem: Exception, *, after: int) -> None:
    """SES takes so many mails, and then none."""
    ses = aws.ses()
    send = ses.send_raw_email
    taken: list[Any] = []

    def sending(**arguments: Any) -> Any:
        if len(taken) == after:
            raise problem
        taken.append(send(**arguments))
        return taken[-1]

    monkeypatch.setattr(ses, "send_raw_email", sending)


def test_where_ses_slows_a_share_down_it_gets_on_however_often(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = [f"{name}{number}@example.org" for name in ("ada", "bob") for number in range(4)]
    scene.attendees(*everybody)
    mail = begun(scene)
    monkeypatch.setattr(send_bulk_mail_share, "PAUSE", 0)
    throttled = ClientError(
        {"Error": {"Code": "Throttling", "Message": "Maximum sending rate"}}, "SendRawEmail"
    )
    for number in range(1, len(everybody)):  # more often than a message has attempts
        with monkeypatch.context() as patched:
            refuse(patched, throttled, after=1)
            scene.pump.tasks()
        assert scene.progress(mail)[1] >= number
    scene.pump.everything()
    assert scene.recipients() == sorted(everybody)
    assert scene.progress(mail) == ("sent", len(everybody), 0, 0, 0)
    assert scene.database.rows("SELECT task FROM outbox WHERE attempts > 0") == []


def test_what_was_read_is_what_is_approved(scene: Scene) -> None:
    second = joins(scene.event, "organizer")
    scene.attendees("ada@example.org")
    mail = scene.draft()
    scene.move(mail, "submit")
    approver = scene.client.signed_in_as(second)
    read = approver.get(f"/v1/bulk-mails/{mail}").headers["etag"]
    # Meanwhile the author says something else, of the same state.
    assert scene.move(mail, "reopen").status == 200
    changed = document("bulk-mail", {"subject": "Another"}, mail)
    assert scene.client.signed_in_as(scene.owner).patch(f"/v1/bulk-mails/{mail}", changed).status == 200
    assert scene.move(mail, "submit").status == 200

    def approve(tag: str) -> int:
        path = f"/v1/bulk-mails/{mail}/approve"
        return int(approver.request("POST", path, content_type=None, headers={"If-Match": tag}).status)

    assert approve(read) == 412
    assert scene.progress(mail)[0] == "held"
    assert approve(approver.get(f"/v1/bulk-mails/{mail}").headers["etag"]) == 200


def test_an_owner_who_has_not_proven_their_address_reaches_few_however_they_split(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIMITS", "on")
    monkeypatch.setenv("LIMIT_BULK_MAIL_RECIPIENTS_UNVERIFIED", "3/1d")
    settings.cache_clear()
    scene.attendees("ada@example.org", "grace@example.org")
    other = stored(make_event, owner=scene.owner)
    ticket, order = stored(make_ticket, event=other), stored(make_order, event=other, status="completed")
    elsewhere = scene._replace(event=other, ticket=ticket, order=order)
    elsewhere.attendees("bob@example.org", "cleo@example.org")
    first, second = scene.draft(), elsewhere.draft()
    scene.database.run("UPDATE users SET is_verified = FALSE WHERE id = :id", id=scene.owner.id)
    assert scene.move(first, "submit", "approve", "send").status == 200
    assert elsewhere.move(second, "submit", "approve", "send").status == 429
    scene.database.run("UPDATE users SET is_verified = TRUE WHERE id = :id", id=scene.owner.id)
    assert elsewhere.move(second, "send").status == 200


@pytest.mark.parametrize("role", ["track_organizer", "moderator", "registrar", "elsewhere", "nobody"])
def test_others_neither_see_nor_move_it(scene: Scene, role: str) -> None:
    scene.attendees("ada@example.org")
    mail = scene.draft()
    scene.move(mail, "submit")
    place = stored(make_event) if role == "elsewhere" else scene.event
    other = (
        stored(make_user)
        if role == "nobody"
        else joins(place, "owner" if place.id != scene.event.id else role)
    )
    asking = scene.client.signed_in_as(other)
    for path in ("", "/preview"):
        assert asking.get(f"/v1/bulk-mails/{mail}{path}").status in {403, 404}
    for name in ("approve", "reopen", "send", "cancel"):
        assert scene.move(mail, name, who=other).status in {403, 404}
    assert asking.get(f"/v1/events/{scene.event.id}/bulk-mails").status == 404
    changed = document("event", {"bulk-mails-need-approval": True}, scene.event.id)
    assert asking.patch(f"/v1/events/{scene.event.id}", changed).status in {403, 404}
    assert scene.progress(mail)[0] == "held"


def test_an_approved_mail_is_moved_to_no_other_event(scene: Scene) -> None:
    other = stored(make_event, owner=scene.owner)
    foreign = stored(make_event)
    mail = scene.draft()
    owner = scene.client.signed_in_as(scene.owner)
    into_foreign = document("bulk-mail", {}, mail, event=("event", foreign))
    assert owner.patch(f"/v1/bulk-mails/{mail}", into_foreign).status in {403, 404}
    scene.move(mail, "submit", "approve")
    moved = document("bulk-mail", {}, mail, event=("event", other))
    assert owner.patch(f"/v1/bulk-mails/{mail}", moved).status == 409
    linkage = {"data": {"type": "event", "id": str(other.id)}}
    assert owner.patch(f"/v1/bulk-mails/{mail}/relationships/event", linkage).status == 409
    inverse = {"data": [{"type": "bulk-mail", "id": mail}]}
    assert owner.post(f"/v1/events/{other.id}/relationships/bulk-mails", inverse).status == 409
    assert scene.progress(mail)[0] == "approved"


def test_a_repeated_send_answers_the_same_and_mails_nobody_twice(scene: Scene) -> None:
    scene.attendees("ada@example.org")
    mail = scene.draft()
    scene.move(mail, "submit", "approve")
    owner = scene.client.signed_in_as(scene.owner).with_headers({"Idempotency-Key": "once"})
    path = f"/v1/bulk-mails/{mail}/send"
    answers = [owner.request("POST", path, content_type=None) for _ in range(3)]
    assert [(answer.status, answer.json) for answer in answers] == [(200, {"state": "sending"})] * 3
    scene.pump.everything()
    again = owner.request("POST", path, content_type=None)
    assert (again.status, again.json) == (200, {"state": "sending"})
    scene.pump.everything()
    assert scene.recipients() == ["ada@example.org"]


def test_one_mailbox_is_one_recipient_however_it_is_written(scene: Scene) -> None:
    order = stored(make_order, event=scene.event, status="initializing", user=scene.owner)
    scene.attendees("x1@example.org", "x2@example.org", "x3@example.org", order=order)
    written = ["Ada@B\u00dcCHER.example", " ada@xn--bcher-kva.example ", "ada+news@b\u00fccher.example"]
    owner = scene.client.signed_in_as(scene.owner)
    seats = owner.get(f"/v1/events/{scene.event.id}/attendees").data
    for seat, email in zip(seats, written, strict=True):
        name = "Ada\r\nBcc: all@example.org"
        sent = document(
            "attendee", {"email": email, "firstname": name, "lastname": "{event_name}"}, seat["id"]
        )
        assert owner.patch(f"/v1/attendees/{seat['id']}", sent).status == 200
    scene.database.run("UPDATE orders SET status = 'completed'")
    mail = scene.draft(subject="For { name }")
    assert scene.move(mail, "submit", "approve", "send").status == 200
    scene.pump.everything()
    sent_to = scene.recipients()
    assert sent_to == ["ada+news@xn--bcher-kva.example", "ada@xn--bcher-kva.example"]
    for got in scene.pump.mails():
        assert "bcc" not in got["headers"]
        assert "{event_name}" in got["subject"]


def test_nothing_is_sent_of_an_event_in_the_trash_until_it_is_back(scene: Scene) -> None:
    scene.attendees("ada@example.org")
    mail, approved = begun(scene), scene.draft()
    scene.move(approved, "submit", "approve")
    owner = scene.client.signed_in_as(scene.owner)
    scene.database.run("UPDATE events SET deleted_at = now()")
    assert scene.move(approved, "send").status == 404
    assert owner.get(f"/v1/bulk-mails/{approved}/preview").status == 404
    scene.pump.everything()
    scene.database.run("UPDATE events SET deleted_at = NULL")
    assert scene.recipients() == []
    assert scene.progress(mail)[0] == "cancelled"
    assert scene.move(approved, "send").status == 200


def test_who_joins_once_it_is_sent_is_no_recipient(scene: Scene) -> None:
    scene.attendees("ada@example.org")
    mail = scene.draft()
    assert scene.move(mail, "submit", "approve", "send").status == 200
    scene.attendees("late@example.org")
    scene.pump.everything()
    assert scene.recipients() == ["ada@example.org"]
    assert scene.progress(mail) == ("sent", 1, 0, 0, 0)
