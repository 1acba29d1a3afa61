"""Roles: a list kept by staff, some of whose entries the system cannot do without."""

from tests.factories import stored
from tests.factories.role import attributes, built_in, make_role
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client


def test_the_built_in_roles_are_there_for_everybody(client: Client) -> None:
    names = {resource["attributes"]["name"] for resource in client.get("/v1/roles").data}
    assert names == {
        "owner", "organizer", "coorganizer", "track_organizer", "moderator", "registrar", "attendee",
    }  # fmt: skip


def test_only_staff_keeps_the_list(client: Client) -> None:
    sent = document("role", attributes())
    assert client.post("/v1/roles", sent).status == 401
    assert client.signed_in_as(stored(make_user)).post("/v1/roles", sent).status == 403
    admin = client.signed_in_as(stored(make_user, is_admin=True))
    assert admin.post("/v1/roles", sent).status == 201
    again = admin.post("/v1/roles", sent)
    assert (again.status, again.errors[0]["source"]["pointer"]) == (409, "/data/attributes/name")


def test_built_in_roles_keep_their_name_and_stay(client: Client) -> None:
    admin = client.signed_in_as(stored(make_user, is_admin=True))
    owner, own = stored(built_in, name="owner"), stored(make_role)
    renamed = admin.patch(f"/v1/roles/{owner.id}", document("role", {"name": "boss"}, owner.id))
    assert renamed.status == 422
    titled = admin.patch(f"/v1/roles/{owner.id}", document("role", {"title-name": "Boss"}, owner.id))
    assert titled.status == 200
    assert admin.delete(f"/v1/roles/{owner.id}").status == 422
    assert admin.delete(f"/v1/roles/{own.id}").status == 200
