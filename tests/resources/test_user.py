"""Accounts: signing up, what others see, what only some may set, leaving and coming back."""

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock, signals
from chalicelib.auth import passwords, tokens
from chalicelib.resources.people.user.user import User
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import PASSWORD, attributes, make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump


def change(client: Client, user: User, *, query: str = "", **values: Any) -> Reply:
    sent = {name.replace("_", "-"): value for name, value in values.items()}
    return client.patch(f"/v1/users/{user.id}{query}", document("user", sent, user.id))


def test_anybody_can_sign_up_and_is_not_verified_yet(client: Client, database: TestDatabase) -> None:
    sent = attributes()
    reply = client.post("/v1/users", document("user", sent))
    assert reply.status == 201, reply.text
    shown = reply.data["attributes"]
    assert (shown["email"], shown["is-verified"], shown["is-admin"]) == (sent["email"], False, False)
    assert "password" not in reply.text
    (row,) = database.rows("SELECT * FROM users")
    assert passwords.matches(PASSWORD, row["password_hash"])


def test_signing_up_sends_a_mail_whose_token_verifies_the_account(client: Client, pump: Pump) -> None:
    user_id = client.post("/v1/users", document("user", attributes())).data["id"]
    pump.everything()
    (mail,) = pump.mails()
    token = mail["text"].split("token=")[1].split()[0]
    assert client.post("/v1/auth/verify-email", {"data": {"token": token}}).status == 200
    me = client.signed_in_as(int(user_id)).get(f"/v1/users/{user_id}")
    assert me.data["attributes"]["is-verified"] is True


def test_an_address_is_taken_whatever_its_case(client: Client) -> None:
    sent = attributes()
    client.post("/v1/users", document("user", sent))
    reply = client.post("/v1/users", document("user", {**sent, "email": sent["email"].upper()}))
    assert reply.status == 409
    assert reply.errors[0]["source"]["pointer"] == "/data/attributes/email"


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"password": "short"}, 422),
        ({"is-verified": True}, 422),
        ({"email": "no address"}, 422),
        ({"is-admin": True}, 403),
        ({"is-sales-admin": True}, 403),
        ({"is-marketer": True}, 403),
        ({"is-blocked": True}, 403),
    ],
)
def test_signing_up_refuses(
    client: Client, database: TestDatabase, wrong: dict[str, Any], status: int
) -> None:
    reply = client.post("/v1/users", document("user", {**attributes(), **wrong}))
    assert reply.status == status, reply.text
    assert reply.errors[0]["source"]["pointer"] == f"/data/attributes/{next(iter(wrong))}"
    assert database.one("SELECT count(*) FROM users") == 0


def test_read_only_attributes_are_ignored(client: Client) -> None:
    reply = client.post("/v1/users", document("user", {**attributes(), "is-super-admin": True}))
    assert reply.data["attributes"]["is-super-admin"] is False


def test_a_null_where_none_is_allowed_counts_as_absent(client: Client) -> None:
    reply = client.post("/v1/users", document("user", {**attributes(), "is-profile-public": None}))
    assert reply.status == 201, reply.text
    assert reply.data["attributes"]["is-profile-public"] is False


def test_an_admin_flag_that_changes_nothing_may_be_sent_along(client: Client) -> None:
    user = stored(make_user)
    reply = change(client.signed_in_as(user), user, is_admin=False, first_name="Mary")
    assert (reply.status, reply.data["attributes"]["first-name"]) == (200, "Mary")


@pytest.mark.parametrize(
    ("flag", "who"),
    [
        ("is_admin", {"is_admin": True}),
        ("is_sales_admin", {}),
        ("is_marketer", {}),
        ("is_verified", {}),
        ("is_blocked", {}),
    ],
)
def test_nobody_raises_themselves(client: Client, flag: str, who: dict[str, Any]) -> None:
    user = stored(make_user, is_verified=False)
    other = stored(make_user, **who)
    asking = client.signed_in_as(other if who else user)
    values: Any = {flag: True}
    assert change(asking, user, **values).status == 403


@pytest.mark.parametrize("flag", ["is_sales_admin", "is_marketer", "is_verified", "is_blocked"])
def test_staff_sets_flags(client: Client, flag: str) -> None:
    user, admin = stored(make_user, is_verified=False), stored(make_user, is_admin=True)
    values: Any = {flag: True}
    reply = change(client.signed_in_as(admin), user, **values)
    assert reply.status == 200, reply.text
    assert reply.data["attributes"][flag.replace("_", "-")] is True


def test_only_a_super_admin_makes_admins(client: Client) -> None:
    user, chief = stored(make_user), stored(make_user, is_super_admin=True)
    assert change(client.signed_in_as(chief), user, is_admin=True).data["attributes"]["is-admin"] is True


def test_an_admin_cannot_take_over_a_super_admin(client: Client) -> None:
    chief, admin = stored(make_user, is_super_admin=True), stored(make_user, is_admin=True)
    assert change(client.signed_in_as(admin), chief, email="mine@example.org").status == 403


def test_strangers_read_neither_the_record_nor_the_list(client: Client) -> None:
    user, stranger = stored(make_user), stored(make_user)
    assert client.signed_in_as(stranger).get(f"/v1/users/{user.id}").status == 404
    assert client.get(f"/v1/users/{user.id}").status in {401, 404}
    assert client.signed_in_as(stranger).get("/v1/users").status == 403
    assert change(client.signed_in_as(stranger), user, first_name="Mallory").status in {403, 404}


def test_staff_reads_everybody(client: Client) -> None:
    admin = stored(make_user, is_admin=True)
    user = stored(make_user)
    asking = client.signed_in_as(admin)
    assert asking.get(f"/v1/users/{user.id}").data["attributes"]["email"] == user.email
    assert asking.get("/v1/users").json["meta"]["count"] == 2


def test_an_include_shows_only_what_is_public(client: Client) -> None:
    owner = stored(make_user, billing_city="Paris")
    event = stored(make_event, owner=owner)
    for asking in (client, client.signed_in_as(stored(make_user))):
        (found,) = asking.get(f"/v1/events/{event.id}?include=owner").json["included"]
        assert found["attributes"]["first-name"] == owner.first_name
        assert not {"email", "billing-city", "is-admin", "is-user-owner"} & found["attributes"].keys()


def test_coorganizers_see_the_addresses_of_their_team(client: Client) -> None:
    owner, colleague = stored(make_user), stored(make_user, billing_city="Paris")
    event = stored(make_event, owner=owner)
    stored(make_users_events_roles, user=colleague, event=event)
    included = client.signed_in_as(owner).get(f"/v1/events/{event.id}?include=coorganizers").json["included"]
    (found,) = [resource for resource in included if resource["id"] == str(colleague.id)]
    assert found["attributes"]["email"] == colleague.email
    assert "billing-city" not in found["attributes"]


def test_an_address_cannot_be_found_out_by_filtering(client: Client) -> None:
    owner = stored(make_user)
    stored(make_event, owner=owner)
    address = {"name": "email", "op": "eq", "val": owner.email}
    wanted = [{"name": "owner", "op": "has", "val": address}]
    reply = client.get("/v1/events", query={"filter": json.dumps(wanted)})
    assert reply.status == 400 or reply.json["meta"]["count"] == 0


def test_roles_show_as_flags(client: Client) -> None:
    user = stored(make_user)
    stored(make_event, owner=user)
    stored(make_users_events_roles, user=user, role="track_organizer")
    shown = client.signed_in_as(user).get(f"/v1/users/{user.id}").data["attributes"]
    flags = {name for name, value in shown.items() if name.startswith("is-user-") and value}
    assert flags == {"is-user-owner", "is-user-track-organizer"}


def test_a_user_lists_the_events_of_each_role(client: Client) -> None:
    user = stored(make_user)
    owned = stored(make_event, owner=user, state="draft")
    helped = stored(make_event)
    stored(make_users_events_roles, user=user, event=helped, role="registrar")
    asking = client.signed_in_as(user)
    for path, ids in [
        ("events", {owned.id, helped.id}),
        ("owner-events", {owned.id}),
        ("registrar-events", {helped.id}),
        ("moderator-events", set()),
    ]:
        found = asking.get(f"/v1/users/{user.id}/{path}")
        assert {int(resource["id"]) for resource in found.data} == ids, path


def test_the_old_spelling_of_the_language_stays_on_the_wire(client: Client, database: TestDatabase) -> None:
    user = stored(make_user)
    reply = change(client.signed_in_as(user), user, language_prefrence="de")
    assert reply.data["attributes"]["language-prefrence"] == "de"
    assert database.one("SELECT language_preference FROM users") == "de"


def test_a_password_cannot_be_changed_in_passing(client: Client) -> None:
    user = stored(make_user)
    reply = change(client.signed_in_as(user), user, password="another long password")
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (403, "/data/attributes/password")


def test_a_new_address_needs_a_fresh_token_and_a_new_verification(client: Client, pump: Pump) -> None:
    user = stored(make_user)
    stale = client.signed_in_as(tokens.access_token(user.id, fresh=False))
    assert change(stale, user, email="new@example.org").status == 401
    reply = change(client.signed_in_as(user), user, email="new@example.org")
    shown = reply.data["attributes"]
    assert (shown["email"], shown["is-verified"]) == ("new@example.org", False)
    pump.everything()
    assert {mail["to"][0] for mail in pump.mails()} == {"new@example.org", user.email}


def test_an_address_in_use_is_refused(client: Client) -> None:
    user, other = stored(make_user), stored(make_user)
    assert change(client.signed_in_as(user), user, email=other.email.upper()).status == 409


def test_a_user_who_holds_a_role_cannot_leave(client: Client, database: TestDatabase) -> None:
    user = stored(make_user)
    event = stored(make_event, owner=user)
    asking = client.signed_in_as(user)
    assert asking.delete(f"/v1/users/{user.id}").status == 403
    database.run("UPDATE events SET deleted_at = now() WHERE id = :id", id=event.id)
    assert asking.delete(f"/v1/users/{user.id}").status == 200


def test_leaving_frees_the_address(client: Client, database: TestDatabase) -> None:
    first = stored(make_user, email="shared@example.org")
    assert client.signed_in_as(first).delete(f"/v1/users/{first.id}").status == 200
    assert client.signed_in_as(first).get(f"/v1/users/{first.id}").status == 401
    second = stored(make_user, email="shared@example.org")
    assert client.signed_in_as(second).delete(f"/v1/users/{second.id}").status == 200
    assert {row["email"] for row in database.rows("SELECT email FROM users")} == {
        "shared@example.org.deleted",
        "shared@example.org.deleted.deleted",
    }


def test_coming_back_restores_the_address_unless_it_is_taken(client: Client) -> None:
    admin = client.signed_in_as(stored(make_user, is_admin=True))
    user = stored(make_user, email="back@example.org")
    client.signed_in_as(user).delete(f"/v1/users/{user.id}")
    taken = stored(make_user, email="back@example.org")
    assert change(admin, user, query="?get_trashed=true").status == 403
    admin.delete(f"/v1/users/{taken.id}")
    reply = change(admin, user, query="?get_trashed=true")
    assert reply.status == 200, reply.text
    assert (reply.data["attributes"]["email"], reply.data["attributes"]["deleted-at"]) == (
        "back@example.org",
        None,
    )


def test_the_server_tells_who_was_created(client: Client) -> None:
    heard: list[dict[str, object]] = []

    def hear(_session: object, **payload: object) -> None:
        heard.append(payload)

    with signals.temporary_receiver("user.created", hear):
        client.post("/v1/users", document("user", attributes()))
    assert [set(payload) for payload in heard] == [{"id", "changed", "viewer_id"}]


def test_an_expired_token_is_refused_but_still_tells_who_it_was(client: Client) -> None:
    user = stored(make_user)
    token = tokens.access_token(user.id, fresh=True)
    with clock.shifted(timedelta(days=2)):
        reply = client.signed_in_as(token).get(f"/v1/users/{user.id}")
        assert reply.status == 401
        assert "expired" in reply.errors[0]["detail"]
        assert tokens.identity_of_expired(token) == user.id
