"""What people keep for themselves: addresses, favourites, notifications, wishes and imports."""

import pytest

from chalicelib.resources import REGISTRY
from tests.factories import maker, stored
from tests.factories.email_notification import make_email_notification
from tests.factories.event import make_event
from tests.factories.notification import make_notification
from tests.factories.user import make_user
from tests.factories.user_email import attributes, make_user_email
from tests.factories.user_favourite_event import make_user_favourite_event
from tests.support.documents import document
from tests.support.http_client import Client

KEPT = ["user-email", "user-favourite-event", "notification", "email-notification", "import-job"]


@pytest.mark.parametrize("type_name", KEPT)
def test_only_the_user_and_staff_know_of_it(client: Client, type_name: str) -> None:
    user = stored(make_user)
    row = stored(maker(type_name), user=user)
    address = f"/v1/{REGISTRY[type_name].path}/{row.id}"
    assert client.get(address).status == 404
    assert client.signed_in_as(stored(make_user)).get(address).status == 404
    assert client.signed_in_as(user).get(address).status == 200
    assert client.signed_in_as(stored(make_user, is_admin=True)).get(address).status == 200


@pytest.mark.parametrize("type_name", ["user-email", "notification", "email-notification"])
def test_it_cannot_be_pushed_to_somebody_else(client: Client, type_name: str) -> None:
    user, other = stored(make_user), stored(make_user)
    row = stored(maker(type_name), user=user)
    body = {"data": {"type": "user", "id": str(other.id)}}
    path = f"/v1/{REGISTRY[type_name].path}/{row.id}/relationships/user"
    assert client.signed_in_as(other).patch(path, body).status == 404
    assert client.signed_in_as(user).patch(path, body).status == 403


@pytest.mark.parametrize(
    "name",
    ["alternate-emails", "user-favourite-events", "favourite-events", "notifications", "email-notifications"],
)
def test_lists_are_for_the_user_alone(client: Client, name: str) -> None:
    user = stored(make_user)
    address = f"/v1/users/{user.id}/{name}"
    assert client.get(address).status == 404
    assert client.signed_in_as(stored(make_user)).get(address).status == 404
    assert client.signed_in_as(user).get(address).status == 200


def test_an_address_is_added_for_oneself_only_and_once(client: Client) -> None:
    user, other = stored(make_user), stored(make_user)
    sent = document("user-email", attributes(), user=("user", user))
    assert client.post("/v1/user-emails", sent).status == 401
    assert client.signed_in_as(other).post("/v1/user-emails", sent).status == 403
    created = client.signed_in_as(user).post("/v1/user-emails", sent)
    assert (created.status, created.data["attributes"]["user-id"]) == (201, user.id)
    assert client.signed_in_as(user).post("/v1/user-emails", sent).status == 409
    stolen = document("user-email", {"user-id": other.id}, created.data["id"])
    assert client.signed_in_as(user).patch(f"/v1/user-emails/{created.data['id']}", stolen).status == 403


def test_all_addresses_have_three_names_and_only_staff_lists_them(client: Client) -> None:
    row = stored(make_user_email)
    staff = client.signed_in_as(stored(make_user, is_admin=True))
    assert [resource["id"] for resource in staff.get("/v1/admin/user-emails").data] == [str(row.id)]
    assert client.signed_in_as(row.user_id).get("/v1/admin/user-emails").status == 403
    assert staff.get(f"/v1/alternate-emails/{row.id}/user").data["id"] == str(row.user_id)


def test_a_favourite_is_found_and_forgotten_by_its_event(client: Client) -> None:
    user, event = stored(make_user), stored(make_event)
    stored(make_user_favourite_event, event=event)
    asking = client.signed_in_as(user)
    sent = document("user-favourite-event", {}, event=("event", event))
    assert client.post("/v1/user-favourite-events", sent).status == 401
    created = asking.post("/v1/user-favourite-events", sent)
    assert created.status == 201, created.text
    assert asking.post("/v1/user-favourite-events", sent).status == 409
    assert [resource["id"] for resource in asking.get("/v1/user-favourite-events").data] == [
        created.data["id"]
    ]
    assert asking.get(f"/v1/user-favourite-events/{event.id}").data["id"] == created.data["id"]
    assert asking.delete(f"/v1/user-favourite-events/{event.identifier}").status == 200
    assert asking.get(f"/v1/user-favourite-events/{event.id}").status == 404
    assert asking.post("/v1/user-favourite-events", sent).status == 201


def test_a_draft_of_strangers_is_nobodys_favourite(client: Client) -> None:
    sent = document("user-favourite-event", {}, event=("event", stored(make_event, state="draft")))
    assert client.signed_in_as(stored(make_user)).post("/v1/user-favourite-events", sent).status == 404


def test_a_notification_says_who_did_what(client: Client) -> None:
    user, actor = stored(make_user), stored(make_user, avatar_url="https://media.example.org/a.png")
    news = stored(make_notification, user=user, actor=actor)
    shown = client.signed_in_as(user).get(f"/v1/notifications/{news.id}").data["attributes"]
    assert shown["received-at"] == shown["created-at"]
    assert shown["title"] == "New session proposal"
    assert shown["content"]["type"] == "new_session"
    assert shown["content"]["session"]["title"]
    (told,) = shown["content"]["actors"]
    assert told == {
        "id": actor.id,
        "first_name": actor.first_name,
        "last_name": actor.last_name,
        "public_name": None,
        "avatar_url": actor.avatar_url,
        "thumbnail_image_url": None,
    }


def test_only_being_read_can_be_changed_in_a_notification(client: Client) -> None:
    news = stored(make_notification)
    asking = client.signed_in_as(news.user_id)
    sent = document("notification", {"is-read": True, "content": {"type": "x"}, "title": "x"}, news.id)
    changed = asking.patch(f"/v1/notifications/{news.id}", sent).data["attributes"]
    assert (changed["is-read"], changed["title"]) == (True, "New session proposal")
    assert changed["content"]["type"] == "new_session"


def test_wishes_are_about_events_that_one_can_see(client: Client) -> None:
    row = stored(make_email_notification)
    asking = client.signed_in_as(row.user_id)
    for event, status in ((stored(make_event), 200), (stored(make_event, state="draft"), 403)):
        sent = document("email-notification", {"event-id": event.id}, row.id)
        assert asking.patch(f"/v1/email-notifications/{row.id}", sent).status == status
