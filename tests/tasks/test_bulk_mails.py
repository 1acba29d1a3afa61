"""Bulk mails: from a draft over the review to the mails, of which each address gets exactly one."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from chalicelib import clock, tasks
from chalicelib.settings import settings
from chalicelib.tasks import bulk_mails
from devstack import mail_events
from devstack.aws_stand_in import Resources
from tests.factories import stored
from tests.factories.custom_form import make_custom_form
from tests.factories.event import make_event
from tests.factories.group import make_group
from tests.factories.mail_suppression import make_mail_suppression
from tests.factories.order import make_order
from tests.factories.session import make_session
from tests.factories.speaker import make_speaker
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


def test_each_address_gets_one_mail_in_its_own_words(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_mails, "BATCH", 2)
    monkeypatch.setattr(bulk_mails, "SHARE", 1)
    monkeypatch.setenv("API_URL", "https://api.example.org")
    settings.cache_clear()
    scene.attendees("ada@example.org", "grace@example.org", " ADA@example.org", None, "bob@example.org")
    mail = scene.draft()
    preview = scene.client.signed_in_as(scene.owner).get(f"/v1/bulk-mails/{mail}/preview").json
    assert (preview["count"], preview["skipped"]) == (3, 0)
    assert preview["recipients"][0] == {"email": "ada@example.org", "name": "Ada {event_link}"}
    assert preview["subject"] == "News about Jazz Days"
    assert scene.move(mail, "submit", "approve", "send").status == 200
    scene.pump.everything()
    assert scene.recipients() == ["ada@example.org", "bob@example.org", "grace@example.org"]
    assert scene.progress(mail) == ("sent", 3, 0, 0, 0)
    sent = scene.pump.mails()[0]
    assert (sent["subject"], sent["reply_to"]) == ("News about Jazz Days", scene.owner.email)
    # A value is put in once: braces in it are no placeholder.
    assert "Dear Ada {event_link}," in sent["text"]
    assert f"see http://localhost:4200/e/{scene.event.identifier}" in sent["text"]
    assert "list-unsubscribe" in sent["headers"]


def test_who_unsubscribes_gets_no_more_of_this_events_mails(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_URL", "https://api.example.org")
    settings.cache_clear()
    scene.attendees("ada@example.org", "gone@example.org")
    stored(make_mail_suppression, email="Gone@example.org")
    assert scene.sent() == ["ada@example.org"]
    link = scene.pump.mails()[0]["headers"]["list-unsubscribe"].strip("<>")
    path = link.removeprefix("https://api.example.org")
    assert scene.client.post(path, {"List-Unsubscribe": "One-Click"}).status == 200
    scene.attendees("bob@example.org")
    mail = scene.draft()
    assert scene.move(mail, "submit", "approve", "send").status == 200
    scene.pump.everything()
    assert scene.recipients() == ["ada@example.org", "bob@example.org"]
    assert scene.progress(mail) == ("sent", 1, 2, 0, 0)


def test_where_the_form_asks_for_consent_those_who_have_not_given_it_are_skipped(scene: Scene) -> None:
    scene.attendees("ada@example.org", is_consent_form_field_email=True)
    scene.attendees("grace@example.org", "ADA@example.org")
    stored(
        make_custom_form,
        event=scene.event,
        form="attendee",
        field_identifier="isConsentFormFieldEmail",
        is_included=True,
    )
    mail = scene.draft()
    assert scene.move(mail, "submit", "approve", "send").status == 409  # nobody is left
    scene.attendees("bob@example.org", is_consent_form_field_email=True)
    assert scene.move(mail, "send").status == 200
    scene.pump.everything()
    assert scene.recipients() == ["bob@example.org"]
    assert scene.progress(mail) == ("sent", 1, 2, 0, 0)


def test_a_filter_of_the_api_chooses_among_attendees_with_valid_tickets(scene: Scene) -> None:
    scene.attendees("ada@example.org", city="Bremen")
    scene.attendees("grace@example.org", city="Paris")
    cancelled = stored(make_order, event=scene.event, status="cancelled")
    scene.attendees("bob@example.org", city="Bremen", order=cancelled)
    other = stored(make_event, owner=scene.owner)
    scene.attendees("far@example.org", city="Bremen", event=other, order=None, ticket=None)
    chosen = json.dumps([{"name": "city", "op": "eq", "val": "Bremen"}])
    assert scene.sent(filter=chosen) == ["ada@example.org"]


def test_speakers_who_withdrew_are_left_out(scene: Scene) -> None:
    for email, state in (("ada@example.org", "accepted"), ("gone@example.org", "withdrawn")):
        speaker = stored(make_speaker, event=scene.event, email=email)
        talk = stored(make_session, event=scene.event, state=state)
        scene.database.run(
            "INSERT INTO speakers_sessions (speaker_id, session_id) VALUES (:speaker, :talk)",
            speaker=speaker.id,
            talk=talk.id,
        )
    stored(make_speaker, event=scene.event, email="typed@example.org", is_email_overridden=True)
    assert scene.sent(audience="speakers") == ["ada@example.org"]


def test_followers_are_written_to_by_the_groups_people(scene: Scene) -> None:
    assert scene.written(audience="followers").status == 422
    group = stored(make_group, user=scene.owner)
    scene.database.run("UPDATE events SET group_id = :group", group=group.id)
    fan = stored(make_user)
    stored(make_user_follow_group, group=group, user=fan)
    stored(make_user_follow_group, group=group, user=stored(make_user, is_verified=False))
    assert scene.sent(audience="followers") == [fan.email]
    mail = scene.draft(audience="followers")
    scene.database.run("UPDATE groups SET user_id = :other", other=stored(make_user).id)
    assert scene.written(audience="followers").status == 403
    assert scene.move(mail, "submit").status == 403


@pytest.mark.parametrize(
    ("attributes", "status", "pointer"),
    [
        ({"subject": "For {password_hash}"}, 422, "/data/attributes/subject"),
        ({"message": "{{ name.__class__ }}"}, 422, "/data/attributes/message"),
        ({"message": "{user.email}"}, 422, "/data/attributes/message"),
        ({"message": "See you at {event_name"}, 422, "/data/attributes/message"),
        ({"message": "{% for x in y %}stays as it is {name}"}, 422, "/data/attributes/message"),
        ({"filter": "nonsense"}, 422, "/data/attributes/filter"),
        ({"filter": '[{"name": "salary", "op": "eq", "val": 1}]'}, 422, "/data/attributes/filter"),
        ({"filter": json.dumps(["ada@example.org"] * 6_000)}, 422, "/data/attributes/filter"),
        ({"filter": json.dumps(["ada@example.org"] * 60_000)}, 413, ""),
        ({"audience": "everybody"}, 422, "/data/attributes/audience"),
        ({"state": "approved"}, None, None),
    ],
)
def test_what_is_not_understood_is_refused(
    scene: Scene, attributes: dict[str, str], status: int | None, pointer: str | None
) -> None:
    reply = scene.written(**attributes)
    if status is None:  # a read-only attribute
        assert reply.status in {403, 422} or reply.json["data"]["attributes"]["state"] == "draft"
        return
    assert (reply.status, reply.json["errors"][0]["source"]["pointer"]) == (status, pointer)


def test_somebody_else_approves_where_the_event_wants_it(scene: Scene) -> None:
    owner = scene.client.signed_in_as(scene.owner)
    wanted = document("event", {"bulk-mails-need-approval": True}, scene.event.id)
    assert owner.patch(f"/v1/events/{scene.event.id}", wanted).status == 200
    second = joins(scene.event, "organizer")
    stranger = stored(make_user)
    scene.attendees("ada@example.org")
    mail = scene.draft()
    assert scene.move(mail, "approve").status == 409
    assert scene.move(mail, "submit").json == {"state": "held"}
    assert scene.move(mail, "approve").status == 403
    assert scene.move(mail, "send").status == 409
    assert scene.move(mail, "approve", who=stranger).status == 404
    assert scene.move(mail, "approve", who=second).json == {"state": "approved"}
    changed = document("bulk-mail", {"subject": "Another"}, mail)
    assert owner.patch(f"/v1/bulk-mails/{mail}", changed).status == 409
    # Who changes what was approved has it approved once more.
    assert scene.move(mail, "reopen").json == {"state": "draft"}
    assert scene.client.signed_in_as(second).patch(f"/v1/bulk-mails/{mail}", changed).status == 200
    assert scene.move(mail, "submit", "approve", who=second).status == 403
    assert scene.move(mail, "approve", "send").json == {"state": "sending"}
    scene.pump.everything()
    assert [sent["subject"] for sent in scene.pump.mails()] == ["Another"]
    for name in ("submit", "approve", "reopen", "send", "cancel"):
        assert scene.move(mail, name).status == 409


def test_of_two_who_send_at_once_one_does(scene: Scene) -> None:
    scene.attendees("ada@example.org")
    mail = scene.draft()
    scene.move(mail, "submit", "approve")
    with ThreadPoolExecutor(2) as both:
        statuses = sorted(reply.status for reply in both.map(lambda _: scene.move(mail, "send"), range(2)))
    assert statuses == [200, 409]
    scene.pump.everything()
    assert scene.recipients() == ["ada@example.org"]


def test_what_is_cancelled_is_not_sent(scene: Scene) -> None:
    scene.attendees("ada@example.org")
    mail = scene.draft()
    scene.move(mail, "submit", "approve", "send", "cancel")
    scene.pump.everything()
    assert scene.recipients() == []
    assert scene.progress(mail)[0] == "cancelled"
    owner = scene.client.signed_in_as(scene.owner)
    assert owner.delete(f"/v1/bulk-mails/{mail}").status == 409
    assert owner.delete(f"/v1/bulk-mails/{scene.draft()}").status == 200


def test_who_has_lost_their_role_sends_to_nobody(scene: Scene) -> None:
    second = joins(scene.event, "coorganizer")
    scene.attendees("ada@example.org")
    mail = scene.draft()
    assert scene.move(mail, "submit", "approve", "send", who=second).status == 200
    scene.database.run("DELETE FROM users_events_roles WHERE user_id = :user", user=second.id)
    scene.pump.everything()
    assert scene.recipients() == []
    assert scene.progress(mail)[0] == "cancelled"


def test_limits_by_event_and_day(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMITS", "on")
    monkeypatch.setenv("LIMIT_BULK_MAIL_RECIPIENTS", "3/1d")
    settings.cache_clear()
    scene.attendees("ada@example.org", "grace@example.org")
    first, second = scene.draft(), scene.draft()
    for mail, status in ((first, 200), (second, 429)):
        assert scene.move(mail, "submit", "approve", "send").status == status
    assert scene.progress(second)[0] == "approved"


def test_a_killed_process_resumes_and_nobody_gets_two(
    scene: Scene, stand_in: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_CONFIGURATION_SET", "mails")
    settings.cache_clear()
    everybody = [f"{name}@example.org" for name in ("ada", "bob", "cleo", "dan")]
    scene.attendees(*everybody)
    mail = scene.draft()
    event = killed_in_the_window(scene, stand_in, mail)
    mail_events.publish(stand_in, mail_events.event_of(scene.pump.mails()[1], "send"))
    scene.pump.everything()
    assert tasks.run(event) == {"batchItemFailures": []}
    scene.pump.everything()
    assert scene.recipients() == everybody
    assert scene.progress(mail) == ("sent", 4, 0, 0, 0)
    tasks.run(event)
    assert scene.recipients() == everybody


def test_where_ses_publishes_nothing_who_is_in_doubt_gets_no_second_one(
    scene: Scene, stand_in: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAIL_CONFIGURATION_SET", raising=False)
    settings.cache_clear()
    everybody = [f"{name}@example.org" for name in ("ada", "bob", "cleo", "dan")]
    scene.attendees(*everybody)
    mail = scene.draft()
    event = killed_in_the_window(scene, stand_in, mail)
    assert tasks.run(event) == {"batchItemFailures": []}
    scene.pump.everything()
    assert scene.recipients() == everybody
    assert scene.progress(mail) == ("sent", 3, 0, 1, 0)


def test_who_was_claimed_and_not_sent_to_gets_it_later(
    scene: Scene, stand_in: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_CONFIGURATION_SET", "mails")
    settings.cache_clear()
    scene.attendees("ada@example.org", "bob@example.org", "cleo@example.org", "dan@example.org")
    mail = scene.draft()
    event = killed_in_the_window(scene, stand_in, mail)
    assert tasks.run(event) == {"batchItemFailures": []}
    assert scene.progress(mail) == ("sending", 3, 0, 0, 1)
    with clock.shifted(timedelta(minutes=11)):
        scene.pump.tick("sweep_outbox")
        scene.pump.everything()
        # SES has not published that it took the mail, so it is sent again, under the same Message-ID.
        assert scene.progress(mail) == ("sent", 4, 0, 0, 0)
    ids = [sent["headers"]["message-id"] for sent in scene.pump.mails()]
    assert (len(ids), len(set(ids))) == (5, 4)
