"""Who is invited to a role gets a mail with the link, and news in the application."""

from urllib.parse import parse_qs, urlsplit

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.role_invite import make_role_invite
from tests.factories.user import make_user
from tests.resources.test_role_invite import invite
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump


def test_an_invitation_brings_a_mail_and_news(client: Client, database: TestDatabase, pump: Pump) -> None:
    owner, invited = stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner, name="Harbour Jazz Days")
    assert invite(client.signed_in_as(owner), event, "moderator", invited.email).status == 201
    pump.everything()

    (mail,) = pump.mails()
    assert (mail["to"], mail["subject"]) == ([invited.email], "Invitation to help with Harbour Jazz Days")
    link = urlsplit(next(word for word in mail["text"].split() if word.startswith("http://localhost:4200/")))
    assert link.path == "/role-invites"
    (token,) = parse_qs(link.query)["token"]
    assert client.post("/v1/role_invites/accept-invite", {"data": {"token": token}}).status == 200

    (news,) = client.signed_in_as(invited).get(f"/v1/users/{invited.id}/notifications").data
    content = news["attributes"]["content"]
    assert content["event"]["identifier"] == event.identifier
    assert [actor["id"] for actor in content["actors"]] == [owner.id]
    assert token not in database.one("SELECT message FROM mails")


def test_the_team_can_have_it_mailed_again_until_it_is_answered(client: Client, pump: Pump) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    waiting = stored(make_role_invite, event=event)
    answered = stored(make_role_invite, event=event, status="accepted")
    path = "/v1/role-invites/{}/resend-invite"
    assert client.post(path.format(waiting.id)).status == 401
    assert client.signed_in_as(stored(make_user)).post(path.format(waiting.id)).status == 404
    assert client.signed_in_as(owner).post(path.format(answered.id)).status == 409
    assert client.signed_in_as(owner).post(path.format(waiting.id)).status == 200
    pump.everything()
    assert [mail["to"] for mail in pump.mails()] == [[waiting.email]]


def test_staff_can_switch_the_mails_off(client: Client, database: TestDatabase, pump: Pump) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    database.run("UPDATE message_settings SET enabled = FALSE WHERE action = 'event_role'")
    assert invite(client.signed_in_as(owner), event, "moderator").status == 201
    pump.everything()
    assert pump.mails() == []
    assert database.one("SELECT count(*) FROM mails") == 0
