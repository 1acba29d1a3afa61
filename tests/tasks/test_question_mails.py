"""A question reaches the organizers of an event or a group, who can reply, and nobody else."""

from typing import Any

import pytest

from chalicelib.settings import settings
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.group import make_group
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.factories.users_groups_role import make_users_groups_role
from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

PLAIN = "application/json"


def ask(client: Client, about: str, content: Any) -> Reply:
    return client.post(f"/v1/{about}/contact-organizer", content, content_type=PLAIN)


def test_a_question_about_an_event_reaches_its_team_and_a_copy_who_asks(client: Client, pump: Pump) -> None:
    owner, helper, crew, asker = (stored(make_user) for _ in range(4))
    event = stored(make_event, owner=owner, name="Harbour Jazz Days")
    stored(make_users_events_roles, event=event, user=helper)
    stored(make_users_events_roles, event=event, user=crew, role="registrar")
    text = "Is there a <b>cloakroom</b>?\n<a href='https://example.org'>Look</a> {event}"
    reply = ask(client.signed_in_as(asker), f"events/{event.identifier}", {"email": text})
    assert (reply.status, reply.json) == (200, {"success": True})
    pump.everything()
    mails = {mail["to"][0]: mail for mail in pump.mails()}
    assert mails.keys() == {owner.email, helper.email, asker.email}
    for user in (owner, helper):
        assert mails[user.email]["reply_to"] == asker.email
        assert "Is there a cloakroom?" in mails[user.email]["text"]
        assert "Look (https://example.org) {event}" in mails[user.email]["text"]
    copy = mails[asker.email]
    assert (copy["reply_to"], "cloakroom" in copy["text"]) == ("", True)
    assert owner.email not in copy["text"] + copy["subject"]


def test_a_question_about_a_group_reaches_its_owner_and_organizers(client: Client, pump: Pump) -> None:
    owner, organizer, invited, asker = (stored(make_user) for _ in range(4))
    group = stored(make_group, user=owner)
    stored(make_users_groups_role, group=group, user_id=organizer.id, email=organizer.email, accepted=True)
    stored(make_users_groups_role, group=group, email=invited.email, accepted=False)
    assert ask(client.signed_in_as(asker), f"groups/{group.id}", {"email": "When?"}).json == {"success": True}
    pump.everything()
    assert sorted(mail["to"][0] for mail in pump.mails()) == sorted(
        [owner.email, organizer.email, asker.email]
    )


def test_who_may_not_see_it_asks_nobody_and_an_unverified_address_gets_no_copy(
    client: Client, database: TestDatabase, pump: Pump
) -> None:
    event, draft = stored(make_event, owner=stored(make_user)), stored(make_event, state="draft")
    gone, group = stored(make_event), stored(make_group)
    database.run("UPDATE events SET deleted_at = now() WHERE id = :id", id=gone.id)
    database.run("UPDATE groups SET deleted_at = now()")
    sent = {"email": "Hello?"}
    assert ask(client, f"events/{event.id}", sent).status == 401
    asking = client.signed_in_as(stored(make_user, is_verified=False, email="new@example.org"))
    for about in (f"events/{draft.id}", f"events/{gone.id}", f"groups/{group.id}", "events/x", "groups/x"):
        assert ask(asking, about, sent).status == 404, about
    for content, status in (
        ({}, 422),
        ({"email": ""}, 422),
        ({"email": "<p> </p>"}, 422),
        ({"email": 7}, 422),
        ({"email": "x" * 5001}, 422),
        ({"email": "\U0001f600" * 4000}, 422),
        ([], 400),
        ("x", 400),
    ):
        assert ask(asking, f"events/{event.id}", content).status == status, content
    assert ask(asking, f"events/{event.id}", sent).status == 200
    pump.everything()
    (mail,) = pump.mails()
    assert mail["to"] != ["new@example.org"]


def test_questions_are_limited_by_account(
    client: Client, pump: Pump, environment: pytest.MonkeyPatch, limits_on: None
) -> None:
    environment.setenv("LIMIT_QUESTIONS", "2/1h")
    settings.cache_clear()
    event, asking = stored(make_event), client.signed_in_as(stored(make_user))
    statuses = [ask(asking, f"events/{event.id}", {"email": "Hello?"}).status for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert ask(client.signed_in_as(stored(make_user)), f"events/{event.id}", {"email": "Hi"}).status == 200


def test_staff_sends_a_test_mail(client: Client, pump: Pump, database: TestDatabase) -> None:
    path, sent = "/v1/test-mail", {"recipient": " Ada@EXAMPLE.org"}
    assert client.post(path, sent, content_type=PLAIN).status == 401
    assert client.signed_in_as(stored(make_user)).post(path, sent, content_type=PLAIN).status == 403
    asking = client.signed_in_as(stored(make_user, is_admin=True))
    for wrong in ({}, {"recipient": None}, {"recipient": "nobody"}, {"recipient": ["a@example.org"]}):
        reply = asking.post(path, wrong, content_type=PLAIN)
        assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, "/recipient")
    reply = asking.post(path, sent, content_type=PLAIN)
    assert (reply.status, list(reply.json)) == (200, ["message"])
    pump.everything()
    assert [mail["to"] for mail in pump.mails()] == [["Ada@example.org"]]
    assert database.one("SELECT action FROM mails") == "test_mail"


def test_the_question_of_an_account_that_is_blocked_meanwhile_is_not_mailed(
    client: Client, database: TestDatabase, pump: Pump
) -> None:
    asker, event = stored(make_user), stored(make_event, owner=stored(make_user))
    assert ask(client.signed_in_as(asker), f"events/{event.id}", {"email": "Hello?"}).status == 200
    database.run("UPDATE users SET is_blocked = TRUE WHERE id = :id", id=asker.id)
    pump.everything()
    assert pump.mails() == []
