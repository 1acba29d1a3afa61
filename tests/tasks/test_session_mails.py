"""Speakers hear of their sessions when the team asks for it, and the owner of new ones."""

from datetime import timedelta
from itertools import count
from typing import Any, NamedTuple

import pytest

from chalicelib import clock
from chalicelib.settings import settings
from chalicelib.tasks.session_texts import TEXTS
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import attributes, make_session
from tests.factories.speaker import make_speaker
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump


class Scene(NamedTuple):
    """An event with a team, and a pending session with two speakers, one of whom has an account."""

    client: Client
    database: TestDatabase
    pump: Pump
    owner: Any
    helper: Any
    tracker: Any
    speaking: Any
    event: Any
    talk: Any

    def notify(self, who: Any, content: object = None, talk: Any = None) -> Reply:
        address = f"/v1/sessions/{(talk or self.talk).id}/notify"
        return self.client.signed_in_as(who).post(address, content, content_type="application/json")

    def mails(self) -> dict[str, dict[str, Any]]:
        self.pump.everything()
        return {mail["to"][0]: mail for mail in self.pump.mails()}


@pytest.fixture
def scene(client: Client, database: TestDatabase, pump: Pump) -> Scene:
    owner, helper, tracker, speaking = (stored(make_user) for _ in range(4))
    event = stored(make_event, owner=owner, name="Harbour {Jazz} Days")
    stored(make_users_events_roles, event=event, user=helper, role="coorganizer")
    stored(make_users_events_roles, event=event, user=tracker, role="track_organizer")
    talk = stored(
        make_session, event=event, title="Boats & <b>bows</b>", state="pending", submitted_at=clock.now()
    )
    stored(make_speaker, event=event, sessions=[talk], email=speaking.email.upper(), user_id=speaking.id)
    stored(make_speaker, event=event, sessions=[talk], email="margaret@example.org")
    stored(make_speaker, event=event, sessions=[talk], email="hidden@example.org", is_email_overridden=True)
    return Scene(client, database, pump, owner, helper, tracker, speaking, event, talk)


def changed(scene: Scene, who: Any, **values: object) -> Reply:
    sent = {name.replace("_", "-"): value for name, value in values.items()}
    asking = scene.client.signed_in_as(who)
    return asking.patch(f"/v1/sessions/{scene.talk.id}", document("session", sent, scene.talk.id))


def test_everybody_may_read_the_texts(client: Client) -> None:
    told = client.get("/v1/sessions/mails").json
    states = {"pending", "accepted", "confirmed", "rejected", "canceled", "withdrawn"}
    assert set(told) == {*states, "recipient"}
    assert all(set(told[state]) == {"subject", "message"} for state in states)
    assert "<br/>" in told["accepted"]["message"]


def test_a_decision_is_mailed_to_speakers_and_team_if_that_is_asked_for(scene: Scene) -> None:
    assert changed(scene, scene.owner, state="accepted").status == 200
    assert changed(scene, scene.owner, title="Boats", send_email=True).status == 200
    assert scene.mails() == {}
    assert changed(scene, scene.owner, state="rejected", send_email=True).status == 200
    mails = scene.mails()
    told = {scene.speaking.email.upper(), "margaret@example.org", scene.owner.email, scene.helper.email}
    assert {mail.lower() for mail in mails} == {item.lower() for item in told}
    mail = mails["margaret@example.org"]
    assert mail["subject"] == "Your session Boats for Harbour {Jazz} Days is not accepted"
    assert "{session" not in mail["text"]
    assert f"http://localhost:4200/e/{scene.event.identifier}/cfs" in mail["text"]
    assert mail["reply_to"] == scene.owner.email
    news = scene.client.signed_in_as(scene.speaking).get(f"/v1/users/{scene.speaking.id}/notifications").data
    content = news[0]["attributes"]["content"]
    assert (content["type"], content["target_action"]) == ("session_state_change", "rejected")
    assert content["session"]["id"] == scene.talk.id
    assert scene.database.one("SELECT is_mail_sent FROM sessions") is True


def test_a_decision_that_was_taken_back_meanwhile_is_not_mailed(scene: Scene) -> None:
    assert changed(scene, scene.owner, state="accepted", send_email=True).status == 200
    assert changed(scene, scene.owner, state="pending", send_email=True).status == 200
    assert scene.mails() == {}


def test_the_switch_is_heeded(scene: Scene) -> None:
    scene.database.run("UPDATE message_settings SET enabled = FALSE WHERE action = 'session_state_change'")
    scene.database.run("UPDATE notification_settings SET enabled = FALSE WHERE type = 'session_state_change'")
    assert scene.notify(scene.owner).json == {"success": True}
    assert scene.mails() == {}
    assert scene.database.one("SELECT count(*) FROM notifications") == 0


def test_the_team_alone_notifies(scene: Scene) -> None:
    assert scene.client.post(f"/v1/sessions/{scene.talk.id}/notify").status == 401
    stranger = stored(make_user)
    assert scene.notify(stranger).status == 404
    assert scene.notify(scene.speaking).status == 403
    assert scene.notify(scene.tracker).status == 404
    assert scene.notify(scene.helper, talk=stored(make_session)).status in {403, 404}
    assert scene.notify(scene.helper, talk=stored(make_session, state="accepted")).status == 403
    assert scene.mails() == {}


def test_the_dialog_of_clients_sends_what_was_edited(scene: Scene) -> None:
    message = "Dear speaker,<br/>{ session_name } is <a href='https://example.org/x'>here</a>.<br/>{oops"
    sent = {"subject": "On {event_name}}\r\nBcc: x@example.org", "message": message}
    copies = [scene.tracker.email.upper(), scene.owner.email, ""]
    assert scene.notify(scene.helper, {**sent, "bcc": copies}).json == {"success": True}
    mails = scene.mails()
    assert {scene.tracker.email, scene.owner.email, "margaret@example.org"} <= mails.keys()
    assert len(mails) == 5
    mail = mails["margaret@example.org"]
    assert mail["subject"] == "On Harbour {Jazz} Days} Bcc: x@example.org"
    lines = [line for line in mail["text"].splitlines() if line]
    assert lines == ["Dear speaker,", "Boats & <b>bows</b> is here (https://example.org/x).", "{oops"]


def test_each_state_has_a_text_and_a_draft_has_none(scene: Scene) -> None:
    scene.database.run("UPDATE sessions SET state = 'draft'")
    assert scene.notify(scene.owner, {}).json == {"success": True}
    assert scene.mails() == {}
    for state in TEXTS:
        scene.database.run("UPDATE sessions SET state = :state", state=state)
        assert scene.notify(scene.owner, {"message": None}).json == {"success": True}
        mail = scene.mails()["margaret@example.org"]
        assert "Boats & <b>bows</b>" in mail["subject"]
        assert "{" not in (mail["subject"] + mail["text"]).replace("Harbour {Jazz} Days", "")


def test_what_is_not_understood_is_refused_and_nobody_mailed(scene: Scene) -> None:
    for content, status, pointer in (
        ({"subject": "{session_nam}"}, 422, "/subject"),
        ({"message": "{0}"}, 422, "/message"),
        ({"message": "{}"}, 422, "/message"),
        ({"message": "{session_name.__class__}"}, 422, "/message"),
        ({"message": "{session_name!r:>99999999}"}, 422, "/message"),
        ({"subject": "s" * 251}, 422, "/subject"),
        ({"message": "m" * 5001}, 422, "/message"),
        ({"message": "\U0001f600" * 5000}, 422, "/message"),
        ({"message": 7}, 422, "/message"),
        ({"bcc": "a@example.org"}, 422, "/bcc"),
        ({"bcc": ["a@example.org"]}, 422, "/bcc/0"),
        ({"bcc": [scene.owner.email, scene.speaking.email]}, 422, "/bcc/1"),
        ({"bcc": [None]}, 422, "/bcc/0"),
        ({"bcc": [""] * 101}, 422, "/bcc"),
        ({"mesage": "x"}, 422, "/mesage"),
        ([], 400, ""),
    ):
        reply = scene.notify(scene.owner, content)
        assert (reply.status, reply.errors[0]["source"]["pointer"]) == (status, pointer), content
    assert scene.client.signed_in_as(scene.owner).post("/v1/sessions/x/notify").status == 404
    assert scene.mails() == {}


def test_mails_about_sessions_are_limited(
    scene: Scene, environment: pytest.MonkeyPatch, limits_on: None
) -> None:
    environment.setenv("LIMIT_SESSION_MAILS", "2/1h")
    environment.setenv("LIMIT_SESSION_MAILS_TO_ONE", "1/1d")

    settings.cache_clear()
    assert scene.notify(scene.owner).status == 200
    assert changed(scene, scene.owner, state="accepted", send_email=True).status == 200
    assert scene.notify(scene.owner).status == 429
    reply = changed(scene, scene.owner, state="rejected", send_email=True)
    assert (reply.status, scene.database.one("SELECT state FROM sessions")) == (429, "accepted")
    assert changed(scene, scene.owner, state="rejected").status == 200
    scene.database.run("UPDATE sessions SET state = 'accepted'")
    scene.pump.everything()
    assert [mail["to"] for mail in scene.pump.mails()].count(["margaret@example.org"]) == 1
    assert [mail["to"] for mail in scene.pump.mails()].count([scene.owner.email]) >= 1


def test_speakers_are_not_mailed_once_the_whole_team_is_blocked(scene: Scene) -> None:
    assert scene.notify(scene.owner).status == 200
    for user in (scene.owner, scene.helper):
        scene.database.run("UPDATE users SET is_blocked = TRUE WHERE id = :id", id=user.id)
    assert scene.mails() == {}


def test_one_owner_s_events_do_not_mail_any_number_of_strangers(
    scene: Scene, environment: pytest.MonkeyPatch, limits_on: None
) -> None:
    environment.setenv("LIMIT_SPEAKER_MAILS", "2/1h")
    settings.cache_clear()
    other = stored(make_event, owner=scene.owner)
    talk = stored(make_session, event=other, state="pending", submitted_at=clock.now())
    for number in range(60):
        stored(make_speaker, event=other, sessions=[talk], email=f"stranger{number}@example.org")
    stored(make_speaker, event=other, sessions=[talk], email=scene.speaking.email)  # beyond the limit
    assert scene.notify(scene.owner).status == 200
    assert scene.notify(scene.owner, {"subject": "Buy", "message": "this"}, talk=talk).status == 200
    scene.pump.everything()
    due = scene.database.rows(
        "SELECT sent_at IS NULL AS waits FROM outbox WHERE task = 'send_session_mail_to_speaker'"
    )
    assert [row["waits"] for row in due].count(False) == 2
    assert len(due) < 60, "those who would wait for more than a day are left out"
    assert (
        scene.database.one("SELECT count(*) FROM notifications WHERE user_id = :id", id=scene.speaking.id)
        == 1
    )


def test_a_stranger_does_not_use_up_the_mails_of_other_organizers(
    scene: Scene, environment: pytest.MonkeyPatch, limits_on: None
) -> None:
    environment.setenv("LIMIT_SESSION_MAILS_TO_ONE", "2/1d")
    environment.setenv("LIMIT_SESSION_MAILS_BY_RECIPIENT", "5/1d")
    settings.cache_clear()
    stranger = stored(make_user)
    event = stored(make_event, owner=stranger)
    talk = stored(make_session, event=event, state="pending", submitted_at=clock.now())
    stored(make_speaker, event=event, sessions=[talk], email="Margaret@example.org")
    for _ in range(8):  # two are sent, two wait, and the others are left out
        assert scene.notify(stranger, {"subject": "Buy", "message": "this"}, talk=talk).status == 200
    scene.pump.everything()
    assert scene.notify(scene.owner).status == 200
    scene.pump.everything()
    told = [mail for mail in scene.pump.mails() if mail["to"][0].lower() == "margaret@example.org"]
    assert [item["subject"] for item in told].count("Buy") == 2
    assert len(told) == 3, "the organizer's own mail is sent at once"


def test_an_owner_who_is_not_verified_mails_few_speakers(
    scene: Scene, environment: pytest.MonkeyPatch, limits_on: None
) -> None:
    numbers = count()

    def sent_by(**owner: Any) -> int:
        organizer = stored(make_user, **owner)
        event = stored(make_event, owner=organizer)
        talk = stored(make_session, event=event, state="pending", submitted_at=clock.now())
        for _ in range(12):
            stored(make_speaker, event=event, sessions=[talk], email=f"speaker{next(numbers)}@example.org")
        before = len(scene.pump.mails())
        assert scene.notify(organizer, {"subject": "Hello", "message": "you"}, talk=talk).status == 200
        scene.pump.everything()
        return len([mail for mail in scene.pump.mails()[before:] if mail["to"] != [organizer.email]])

    assert (sent_by(), sent_by(is_verified=False)) == (12, 5)


def test_a_session_that_is_submitted_with_its_speakers_is_mailed_to_the_owner_once(scene: Scene) -> None:
    asking = scene.client.signed_in_as(scene.speaking)
    event = ("event", scene.event)
    sent = {**attributes(), "title": "Knots", "state": "draft"}
    talk = asking.post("/v1/sessions", document("session", sent, event=event)).data
    scene.database.run("DELETE FROM speakers_sessions")
    mine = asking.get(f"/v1/users/{scene.speaking.id}/speakers").data[0]
    links = {"data": [{"type": "speaker", "id": mine["id"]}]}
    assert asking.post(f"/v1/sessions/{talk['id']}/relationships/speakers", links).status in {200, 204}
    assert scene.mails() == {}
    submitted = document("session", {"state": "pending"}, talk["id"])
    for _ in range(2):
        assert asking.patch(f"/v1/sessions/{talk['id']}", submitted).status == 200
    mails = scene.mails()
    assert list(mails) == [scene.owner.email]
    mail = mails[scene.owner.email]
    assert mail["subject"] == "New session for Harbour {Jazz} Days: Knots"
    assert f"/events/{scene.event.identifier}/sessions/pending" in mail["text"]
    told = scene.client.signed_in_as(scene.owner).get(f"/v1/users/{scene.owner.id}/notifications").data
    assert [item["attributes"]["content"]["type"] for item in told] == ["new_session"]
    # The speakers change later, and an old session is no news.
    assert asking.post(f"/v1/sessions/{talk['id']}/relationships/speakers", links).status in {200, 204}
    scene.database.run("DELETE FROM outbox")
    with clock.shifted(timedelta(days=8)):
        late: dict[str, list[Any]] = {"data": []}
        scene.client.signed_in_as(scene.owner).patch(
            f"/v1/sessions/{talk['id']}/relationships/speakers", late
        )
        scene.pump.everything()
    assert len(scene.pump.mails()) == 1


def test_a_session_created_with_speakers_and_a_speaker_who_joins_one_are_news(scene: Scene) -> None:
    asking = scene.client.signed_in_as(scene.speaking)
    mine = asking.get(f"/v1/users/{scene.speaking.id}/speakers").data[0]
    sent = {**attributes(), "title": "First", "state": "pending"}
    body = document("session", sent, event=("event", scene.event), speakers=[("speaker", mine["id"])])
    reply = asking.post("/v1/sessions", body)
    assert reply.status == 201, reply.text
    alone = document("session", {**sent, "title": "Second"}, event=("event", scene.event))
    second = asking.post("/v1/sessions", alone).data
    links = [("session", id) for id in (scene.talk.id, reply.data["id"], second["id"])]
    joins = document("speaker", {}, mine["id"], sessions=links)
    assert asking.patch(f"/v1/speakers/{mine['id']}", joins).status == 200
    scene.pump.everything()
    told = sorted(mail["subject"].rpartition(" ")[2] for mail in scene.pump.mails())
    assert [title for title in told if "bows" not in title] == ["First", "Second"]
