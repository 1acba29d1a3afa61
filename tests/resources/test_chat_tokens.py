"""Chat tokens, against a server that keeps accounts, tokens and private groups."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib import db
from devstack.chat_stand_in import ChatStandIn
from devstack.stand_in_server import Asked, StandInServer, Told
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.microlocation import make_microlocation
from tests.factories.order import make_order
from tests.factories.session import make_session
from tests.factories.speaker import make_speaker
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.factories.video_stream import make_video_stream
from tests.factories.video_stream_moderator import make_video_stream_moderator
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

pytestmark = pytest.mark.one_database

SECRET = "create-tokens-for-users"


@pytest.fixture
def chat() -> Iterator[ChatStandIn]:
    server = ChatStandIn(secret=SECRET)
    yield server
    server.close()


@pytest.fixture
def configured(client: Client, chat: ChatStandIn) -> None:
    configure(client, chat)


def configure(client: Client, chat: ChatStandIn, **more: str | None) -> None:
    values = {
        "rocket-chat-url": chat.url,
        "rocket-chat-bot-id": chat.bot_id,
        "rocket-chat-bot-token": chat.bot_token,
        "rocket-chat-registration-secret": SECRET,
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    staff = client.signed_in_as(stored(make_user, is_super_admin=True))
    reply = staff.patch("/v1/settings/1", document("setting", values, 1))
    assert reply.status == 200, reply.text


class Hall:
    """An event with a chat, a room and two streams."""

    def __init__(self, **values: Any) -> None:
        self.owner = stored(make_user, public_name="Ada Lovelace")
        options = {"name": "Spring Fair 2031!", "is_chat_enabled": True, **values}
        self.event = stored(make_event, owner=self.owner, **options)
        self.room = stored(make_microlocation, event=self.event, name="Main hall", is_chat_enabled=True)
        self.stream = stored(make_video_stream, rooms=[self.room], name="Main hall", is_chat_enabled=True)

    def attendee(self, **values: Any) -> Any:
        guest = stored(make_user, **{"public_name": "Grace Hopper", **values})
        order = stored(make_order, event=self.event, status="completed")
        stored(make_attendee, event=self.event, email=guest.email, order_id=order.id)
        return guest

    def addresses(self, event: Any = None) -> dict[str, str]:
        at = f"/v1/events/{(event or self.event).identifier}"
        return {
            "event": f"{at}/chat-token",
            "room": f"{at}/room/{self.room.id}/chat-token",
            "video room": f"{at}/virtual-room/{self.stream.id}/chat-token",
            "stream": f"/v1/video-streams/{self.stream.id}/chat-token",
        }


def ask(client: Client, who: Any, address: str) -> Reply:
    return client.signed_in_as(who).get(address)


@pytest.mark.usefixtures("configured")
def test_four_addresses_lead_into_three_groups(client: Client, chat: ChatStandIn) -> None:
    hall = Hall()
    guest = hall.attendee()
    tokens = {}
    for name, address in hall.addresses().items():
        reply = ask(client, guest, address)
        assert (reply.status, reply.json["success"]) == (200, True), reply.text
        assert reply.headers["cache-control"].startswith("no-store")
        tokens[name] = reply.json["token"]
    ((account_id, account),) = chat.accounts.items()
    assert {chat.whose(token) for token in tokens.values()} == {account_id}
    assert (account.created_with["name"], account.created_with["username"]) == (
        "Grace Hopper",
        "grace-hopper",
    )
    assert account.created_with["roles"] == ["user"]
    assert guest.email not in str(account.created_with)
    identifier = hall.event.identifier
    assert chat.groups == {
        f"spring-fair-2031-{identifier}": {chat.bot_id, account_id},
        f"main-hall-{identifier}-room-{hall.room.id}": {chat.bot_id, account_id},
        f"main-hall-{identifier}-video-{hall.stream.id}": {chat.bot_id, account_id},
    }
    shown = client.signed_in_as(hall.owner).get(f"/v1/events/{hall.event.id}").data["attributes"]
    assert shown["chat-room-name"] == f"spring-fair-2031-{identifier}"
    again = ask(client, hall.owner, hall.addresses()["event"])
    assert chat.whose(again.json["token"]) != account_id
    assert (len(chat.accounts), len(chat.groups)) == (2, 3)


@pytest.mark.usefixtures("configured")
def test_only_those_who_may_enter_get_a_token(client: Client, chat: ChatStandIn) -> None:
    hall = Hall()
    people = {
        name: stored(make_user) for name in ("moderator", "speaker", "waiting", "stranger", "registrar")
    }
    stored(make_video_stream_moderator, video_stream=hall.stream, email=people["moderator"].email)
    for name, state in (("speaker", "confirmed"), ("waiting", "pending")):
        talk = stored(make_session, event=hall.event, state=state)
        stored(make_speaker, event=hall.event, email=people[name].email, sessions=[talk])
    people["registrar"].id = stored(make_users_events_roles, event=hall.event, role="registrar").user_id
    people["staff"] = stored(make_user, is_admin=True)
    enter = {"moderator": 200, "speaker": 200, "staff": 200}
    for name, who in people.items():
        for address in hall.addresses().values():
            assert ask(client, who, address).status == enter.get(name, 404), (name, address)
    for address in hall.addresses().values():
        assert client.get(address).status == 401
    assert len(chat.accounts) == 3


@pytest.mark.usefixtures("configured")
def test_a_chat_that_is_off_is_404(client: Client, chat: ChatStandIn) -> None:
    hall = Hall()
    guest = hall.attendee()

    def statuses() -> list[int]:
        return [ask(client, guest, address).status for address in hall.addresses().values()]

    def switch(row: Any, **values: Any) -> None:
        with db.transaction() as session:
            found = session.merge(row)
            for name, value in values.items():
                setattr(found, name, value)

    assert statuses() == [200, 200, 200, 200]
    switch(hall.room, is_chat_enabled=False)
    switch(hall.stream, is_chat_enabled=None)
    assert statuses() == [200, 404, 404, 200]
    groups = len(chat.groups)
    switch(hall.room, is_global_event_room=True)
    switch(hall.stream, is_global_event_room=True)
    assert statuses() == [200, 200, 200, 200]
    assert len(chat.groups) == groups, "both share the event's"
    switch(hall.event, is_chat_enabled=False)
    assert statuses() == [404, 404, 404, 404]
    switch(hall.event, is_chat_enabled=True, state="draft")
    assert statuses() == [404, 404, 404, 404]
    assert ask(client, hall.owner, hall.addresses()["event"]).status == 200


@pytest.mark.usefixtures("configured")
def test_the_room_of_the_path_belongs_to_its_event(client: Client, chat: ChatStandIn) -> None:
    hall, other = Hall(), Hall()
    for name in ("room", "video room"):
        assert ask(client, hall.owner, other.addresses(hall.event)[name]).status == 404
        assert ask(client, hall.owner, other.addresses()[name]).status == 404
    for name in ("9999999", "main", "1e3", "٣"):
        for kind in ("room", "virtual-room"):
            path = f"/v1/events/{hall.event.identifier}/{kind}/{name}/chat-token"
            assert ask(client, hall.owner, path).status == 404
        assert ask(client, hall.owner, f"/v1/video-streams/{name}/chat-token").status == 404
    assert client.signed_in_as(hall.owner).delete(f"/v1/microlocations/{hall.room.id}").status == 200
    assert ask(client, hall.owner, hall.addresses()["room"]).status == 404
    assert chat.accounts == {}


def test_without_a_service_it_is_disabled(client: Client, chat: ChatStandIn) -> None:
    hall = Hall()
    for missing in ("rocket_chat_url", "rocket_chat_bot_id", "rocket_chat_bot_token"):
        configure(client, chat, **{missing: None})
        for address in hall.addresses().values():
            reply = ask(client, hall.owner, address)
            assert (reply.status, reply.json) == (200, {"success": False, "code": "integration_disabled"})
        assert ask(client, stored(make_user), hall.addresses()["event"]).status == 404
    assert chat.calls == []


@pytest.mark.usefixtures("configured")
def test_nobody_gets_the_account_of_another(client: Client, chat: ChatStandIn) -> None:
    """Not by a name, nor by an address: only accounts made here are used."""
    hall = Hall()
    admin = {"name": "Root", "username": "root", "email": "root@example.org", "password": "x"}
    chat._create_user(admin)
    tokens = [
        ask(client, hall.attendee(public_name=name, **more), hall.addresses()["event"]).json["token"]
        for name, more in (
            ("root", {"email": "root@example.org"}),
            ("ROOT", {}),
            ("  ", {"first_name": None, "last_name": None}),
        )
    ]
    owners = [chat.whose(token) for token in tokens]
    assert len(set(owners)) == 3
    assert None not in owners
    names = [account.created_with["username"] for account in chat.accounts.values()]
    assert (names[0], names[1][:5], names[2][:5], names[3]) == ("root", "root.", "root.", "anonymous-user")
    passwords = {account.created_with["password"] for account in chat.accounts.values()}
    assert len(passwords) == 4


@pytest.mark.usefixtures("configured")
def test_what_was_deleted_there_is_made_again(
    client: Client, chat: ChatStandIn, database: TestDatabase
) -> None:
    hall = Hall()
    address = hall.addresses()["event"]
    first = ask(client, hall.owner, address).json["token"]
    chat.accounts.clear()
    chat.groups.clear()
    second = ask(client, hall.owner, address).json["token"]
    assert first != second
    (account_id,) = chat.accounts
    assert database.one(f"SELECT account_id FROM chat_accounts WHERE server = '{chat.url}'") == account_id
    assert [account_id in members for members in chat.groups.values()] == [True]
    kept = database.rows("SELECT * FROM chat_accounts")
    assert second not in str(kept)


def always(body: bytes) -> Callable[[Asked], Told]:
    return telling(Told(200, body))


def telling(answer: Told) -> Callable[[Asked], Told]:
    return lambda _: answer


@pytest.mark.usefixtures("configured")
def test_a_service_that_fails_is_told_in_the_calls_own_shape(client: Client, chat: ChatStandIn) -> None:
    hall = Hall()
    address = hall.addresses()["event"]
    seen: list[Asked] = []

    def noting(asked: Asked) -> Told:
        seen.append(asked)
        return Told(200, b"{}")

    def told() -> tuple[int, Any]:
        reply = ask(client, hall.owner, address)
        assert chat.bot_token not in reply.text
        return reply.status, reply.json

    def unhandled(reason: str) -> tuple[int, Any]:
        return 200, {"success": False, "code": "unhandled", "response": {"error": reason}}

    configure(client, chat, rocket_chat_bot_token="wrong")
    assert told() == unhandled("status-401")
    configure(client, chat, rocket_chat_registration_secret=None)
    assert told() == unhandled("error-not-authorized")
    for body in (b"<html>", b"[]", b"[" * 100_000, b'{"success": true, "user": {"_id": 5}}', b""):
        odd = StandInServer(always(body))
        configure(client, chat, rocket_chat_url=odd.address)
        assert told() == unhandled("bad-answer")
        odd.close()
        assert told() == unhandled("no-answer")
    elsewhere = StandInServer(noting)
    forged = json.dumps({"success": True, "user": {"_id": "x"}, "data": {"authToken": "x"}}).encode()
    for answer in (
        Told(302, forged, {"Location": f"{elsewhere.address}/api/v1/users.create"}),
        Told(200, b'{"success": true, "x": "' + b"x" * 10_000_000 + b'"}'),
    ):
        odd = StandInServer(telling(answer))
        configure(client, chat, rocket_chat_url=odd.address)
        assert told() == unhandled("bad-answer")
        odd.close()
    elsewhere.close()
    assert seen == [], "no redirect is followed: the bot's token would be told"
    shown = client.signed_in_as(hall.owner).get(f"/v1/events/{hall.event.id}").data["attributes"]
    assert shown["chat-room-name"] is None
    configure(client, chat)
    assert told()[1]["success"] is True


@pytest.mark.usefixtures("configured")
def test_a_renamed_event_has_a_renamed_group(client: Client, chat: ChatStandIn, pump: Pump) -> None:
    hall = Hall()
    address = hall.addresses()["event"]
    asking = client.signed_in_as(hall.owner)

    def rename(name: str) -> None:
        sent = document("event", {"name": name}, hall.event.id)
        assert asking.patch(f"/v1/events/{hall.event.id}", sent).status == 200
        pump.everything()

    rename("Not yet")
    assert chat.calls == []
    ask(client, hall.owner, address)
    (former, members), *_ = chat.groups.items()
    assert former == f"not-yet-{hall.event.identifier}"
    rename("Autumn Fair")
    assert chat.groups == {f"autumn-fair-{hall.event.identifier}": members}
    assert ask(client, hall.owner, address).json["success"]
    assert len(chat.groups) == 1
    chat.groups.clear()
    rename("Winter Fair")
    assert ask(client, hall.owner, address).json["success"]
    assert list(chat.groups) == [f"winter-fair-{hall.event.identifier}"]


def test_keys_of_the_chat_service_are_shown_to_nobody(client: Client, chat: ChatStandIn) -> None:
    configure(client, chat)
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    for who in (client, client.signed_in_as(stored(make_user)), staff):
        text = who.get("/v1/settings").text
        assert chat.url in text
        assert chat.bot_token not in text
        assert SECRET not in text
    told = staff.get("/v1/settings").data["attributes"]
    assert told["rocket-chat-bot-token"] == "********"  # it is set, and shown to nobody
