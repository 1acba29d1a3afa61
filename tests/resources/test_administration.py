"""What staff keeps in order: lists that a migration fills, and logs that the system writes."""

import pytest

from chalicelib.resources import REGISTRY
from tests.factories import maker, stored
from tests.factories.custom_system_role import make_custom_system_role
from tests.factories.event import attributes as event_attributes
from tests.factories.page import attributes as page_attributes
from tests.factories.panel_permission import make_panel_permission
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client


@pytest.fixture
def admin(client: Client) -> Client:
    return client.signed_in_as(stored(make_user, is_admin=True))


@pytest.mark.parametrize(
    ("type_name", "how_many"),
    [
        ("service", 5),
        ("event-role-permissions", 30),
        ("panel-permission", 12),
        ("custom-system-role", 2),
        ("user-permission", 2),
        ("message-setting", 37),
        ("notification-setting", 12),
    ],
)
def test_every_database_begins_with_its_lists(admin: Client, type_name: str, how_many: int) -> None:
    assert admin.get(f"/v1/{REGISTRY[type_name].path}").json["meta"]["count"] == how_many


@pytest.mark.parametrize(
    "type_name", ["service", "event-role-permissions", "message-setting", "notification-setting"]
)
def test_the_lists_are_for_staff_and_one_entry_for_everybody(client: Client, type_name: str) -> None:
    address = f"/v1/{REGISTRY[type_name].path}"
    assert client.get(address).status == 401
    assert client.signed_in_as(stored(make_user)).get(address).status == 403
    assert client.get(f"{address}/1").status == 200


@pytest.mark.parametrize("type_name", ["activity", "mail"])
def test_logs_are_for_staff_to_read_and_for_nobody_to_write(
    client: Client, admin: Client, type_name: str
) -> None:
    row = stored(maker(type_name))
    address = f"/v1/{REGISTRY[type_name].path}"
    assert client.get(address).status == 401
    assert client.signed_in_as(stored(make_user)).get(f"{address}/{row.id}").status == 404
    assert admin.get(f"{address}/{row.id}").status == 200
    assert admin.post(address, document(type_name, {})).status == 405
    assert admin.delete(f"{address}/{row.id}").status == 405


def test_pages_are_cleaned_of_scripts(admin: Client) -> None:
    text = {**page_attributes(), "description": "<p>Hello<script>alert(1)</script></p>"}
    created = admin.post("/v1/pages", document("page", text))
    assert created.data["attributes"]["description"] == "<p>Hello</p>"
    wrong = admin.post("/v1/pages", document("page", {**page_attributes(), "place": "roof"}))
    assert (wrong.status, wrong.errors[0]["source"]["pointer"]) == (422, "/data/attributes/place")


def test_roles_and_their_panels_are_linked_from_both_sides(client: Client, admin: Client) -> None:
    role, panel = stored(make_custom_system_role), stored(make_panel_permission)
    linkage = {"data": [{"type": "panel-permission", "id": str(panel.id)}]}
    path = f"/v1/custom-system-roles/{role.id}/relationships/panel-permissions"
    assert client.signed_in_as(stored(make_user)).post(path, linkage).status == 403
    assert admin.post(path, linkage).status == 200
    found = admin.get(f"/v1/panel-permissions/{panel.id}/custom-system-roles").data
    assert [item["id"] for item in found] == [str(role.id)]
    assert client.get(f"/v1/panel-permissions/{panel.id}").status == 404
    changed = document("custom-system-role", {"name": "Stage desk"}, role.id)
    odd = f"/v1/panel-permissions/{role.id}/custom-system-roles"
    assert client.signed_in_as(stored(make_user)).patch(odd, changed).status == 403
    assert admin.patch(odd, changed).status == 200
    assert admin.delete(odd).status == 200


def test_staff_lets_the_unverified_create_and_publish(
    client: Client, admin: Client, database: TestDatabase
) -> None:
    newcomer = client.signed_in_as(stored(make_user, is_verified=False))
    draft = document("event", {**event_attributes(), "state": "draft"})
    assert newcomer.post("/v1/events", draft).status == 403
    for permission in admin.get("/v1/user-permissions").data:
        address = f"/v1/user-permissions/{permission['id']}"
        sent = document("user-permission", {"unverified-user": True}, permission["id"])
        assert newcomer.patch(address, sent).status == 403
        assert newcomer.post("/v1/events", document("event", event_attributes())).status == 403
        assert admin.patch(address, sent).status == 200
    assert newcomer.post("/v1/events", draft).status == 201
    assert newcomer.post("/v1/events", document("event", event_attributes())).status == 201
