"""A form for one file is given to those who may change what the file is for."""

import uuid
from base64 import b64decode
from datetime import datetime, timedelta
from json import loads
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.settings import settings
from devstack.aws_stand_in import Resources
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump
from tests.uploads import samples
from tests.uploads.conftest import Organizer, make_user, post_form


def test_an_upload_begins_with_a_pending_row_and_a_form_for_one_key(
    organizer: Organizer, database: TestDatabase
) -> None:
    reply = organizer.ask(size=1234)

    assert reply.status == 201
    assert reply.headers["content-type"] == "application/vnd.api+json"
    id, attributes = reply.data["id"], reply.data["attributes"]
    assert reply.headers["location"] == reply.data["links"]["self"] == f"/v1/uploads/{id}"
    assert str(uuid.UUID(id)) == id
    assert reply.data["type"] == "upload"
    assert attributes["state"] == "pending"
    assert attributes["slot"] == "event.logo-url"
    assert attributes["owner-id"] == str(organizer.event.id)
    assert attributes["file-name"] == "logo.txt"
    assert timedelta(minutes=9) < _moment(attributes["expires-at"]) - clock.now() <= timedelta(minutes=10)
    assert attributes["form"]["fields"]["key"] == f"incoming/{id}"
    row = database.rows("SELECT state, creator_id, declared_size FROM uploads")[0]
    assert row == {"state": "pending", "creator_id": organizer.user.id, "declared_size": 1234}


def test_the_form_allows_exactly_one_key_a_range_of_sizes_and_ten_minutes(organizer: Organizer) -> None:
    reply = organizer.ask()

    form = reply.data["attributes"]["form"]["fields"]
    policy = loads(b64decode(form["policy"]))
    assert {"key": f"incoming/{reply.data['id']}"} in policy["conditions"]
    assert ["content-length-range", 1, 5_000_000] in policy["conditions"]
    assert not [
        condition
        for condition in policy["conditions"]
        if isinstance(condition, list) and condition[0] == "starts-with"
    ]
    assert _moment(policy["expiration"]) - clock.now() <= timedelta(minutes=10)


def test_the_form_works_as_a_browser_uses_it(organizer: Organizer, pump: Pump) -> None:
    reply = organizer.ask()

    assert post_form(reply.data["attributes"]["form"], samples.image("PNG")) in {200, 204}
    pump.everything()

    assert organizer.outcome(reply.data["id"])["state"] == "ready"


def test_the_operator_s_limit_is_kept_when_it_is_lower_than_the_slot_s(
    organizer: Organizer, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("UPLOAD_MAX_BYTES", "1000")
    settings.cache_clear()

    assert organizer.ask(size=1000).status == 201
    assert organizer.ask(size=1001).status == 422


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"slot": "event.door"}, "/data/attributes/slot"),
        ({"slot": None}, "/data/attributes/slot"),
        ({"slot": ["event.logo-url"]}, "/data/attributes/slot"),
        ({"file-name": ""}, "/data/attributes/file-name"),
        ({"file-name": "a\r\nb"}, "/data/attributes/file-name"),
        ({"file-name": "x" * 256}, "/data/attributes/file-name"),
        ({"file-name": 5}, "/data/attributes/file-name"),
        ({"size": 0}, "/data/attributes/size"),
        ({"size": -1}, "/data/attributes/size"),
        ({"size": 10**12}, "/data/attributes/size"),
        ({"size": "twelve"}, "/data/attributes/size"),
        ({"size": True}, "/data/attributes/size"),
        ({"size": 1.5}, "/data/attributes/size"),
        ({"owner-id": ""}, "/data/attributes/owner-id"),
        ({"owner-id": True}, "/data/attributes/owner-id"),
        ({"owner-id": {"id": 1}}, "/data/attributes/owner-id"),
    ],
)
def test_a_wrong_attribute_is_named(
    organizer: Organizer, database: TestDatabase, changes: dict[str, Any], pointer: str
) -> None:
    attributes = {
        "slot": "event.logo-url",
        "owner-id": str(organizer.event.id),
        "file-name": "a.png",
        **changes,
    }
    reply = organizer.client.post("/v1/uploads", {"data": {"type": "upload", "attributes": attributes}})

    assert reply.status == 422
    assert reply.errors[0]["source"] == {"pointer": pointer}
    assert database.rows("SELECT * FROM uploads") == []


def test_a_missing_attribute_is_pointed_at(organizer: Organizer) -> None:
    reply = organizer.client.post("/v1/uploads", {"data": {"type": "upload"}})

    assert (reply.status, reply.errors[0]["source"]) == (422, {"pointer": "/data/attributes/slot"})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"data": []}', 400),
        (b'{"data": {"type": "event"}}', 409),
        (b'{"data": {"type": "upload", "id": "6e9304cd-91ad-4e0e-b3c0-d1f6a8a0a4a1"}}', 403),
    ],
)
def test_a_body_that_is_no_upload_is_refused(organizer: Organizer, body: bytes, status: int) -> None:
    assert organizer.client.post("/v1/uploads", body=body).status == status


def test_another_media_type_is_refused(organizer: Organizer) -> None:
    assert organizer.client.post("/v1/uploads", {"data": {}}, content_type="application/json").status == 415
    headers = {"Accept": "text/html"}
    assert organizer.client.post("/v1/uploads", {"data": {}}, headers=headers).status == 406


def test_nobody_may_upload_without_signing_in(organizer: Organizer, client: Client) -> None:
    attributes = {"slot": "event.logo-url", "owner-id": str(organizer.event.id), "file-name": "a.png"}
    reply = client.post("/v1/uploads", {"data": {"type": "upload", "attributes": attributes}})

    assert reply.status == 401
    assert client.get(f"/v1/uploads/{uuid.uuid4()}").status == 401


def test_a_stranger_may_not_upload_for_the_event_of_others(organizer: Organizer, client: Client) -> None:
    stranger = make_user()
    others = Organizer(client.signed_in_as(stranger), stranger, organizer.event)

    reply = others.ask()

    assert reply.status == 404, "a draft is not even known to strangers"
    assert reply.errors[0]["source"] == {"pointer": "/data/attributes/owner-id"}


def test_a_stranger_may_not_upload_the_picture_of_another_user(organizer: Organizer) -> None:
    assert organizer.ask("user.avatar-url", str(make_user().id)).status in (403, 404)


def test_users_may_upload_their_own_picture(organizer: Organizer) -> None:
    assert organizer.ask("user.avatar-url", str(organizer.user.id)).status == 201


@pytest.mark.parametrize("owner_id", ["0", "99999999", "nonsense", "1e3", "9" * 30])
def test_an_owner_that_does_not_exist_is_not_found(organizer: Organizer, owner_id: str) -> None:
    assert organizer.ask(owner_id=owner_id).status == 404


def test_an_event_is_known_by_its_identifier_too(organizer: Organizer) -> None:
    reply = organizer.ask(owner_id=organizer.event.identifier)

    assert reply.data["attributes"]["owner-id"] == str(organizer.event.id)


def test_only_its_creator_and_staff_see_an_upload(organizer: Organizer, client: Client) -> None:
    address = organizer.ask().headers["location"]

    assert organizer.client.get(address).status == 200
    assert client.signed_in_as(make_user(is_admin=True)).get(address).status == 200
    assert client.signed_in_as(make_user()).get(address).status == 404


@pytest.mark.parametrize("id", ["1", "nonsense", "00000000-0000-0000-0000-000000000000", "%00"])
def test_an_unknown_upload_is_not_found(organizer: Organizer, id: str) -> None:
    assert organizer.client.get(f"/v1/uploads/{id}").status == 404


def test_every_slot_s_columns_exist_on_its_model_and_are_what_its_renditions_say(
    stand_in: Resources,
) -> None:
    from chalicelib import entrypoints  # noqa: F401 - declares the slots
    from chalicelib.uploads import SLOTS

    wanted = {
        (slot.name, column)
        for slot in SLOTS.values()
        for column in (*slot.attributes, *(rendition.attribute for rendition in slot.renditions))
    }
    missing = {(name, column) for name, column in wanted if column not in SLOTS[name].model.__table__.columns}
    assert missing == set()
    assert len(SLOTS) >= 7


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
