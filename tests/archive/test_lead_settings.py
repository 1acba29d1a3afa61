"""What an event hands to exhibitors is in its archive as it is, and in its copies switched off."""

import json
from typing import Any

import pytest

from tests.archive.conftest import Office, differences
from tests.archive.zips import changed
from tests.door.booth import TERMS
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user

NAME = "documents/lead-settings.json"


@pytest.fixture
def fair(office: Office) -> tuple[Office, int]:
    """Somebody, and their event, which hands details over."""
    owner = stored(make_user, is_verified=True)
    event = stored(make_event, owner=owner)
    asking = office.as_(owner)
    assert asking.client.patch(f"/v1/events/{event.id}/lead-settings", TERMS).status == 200
    return asking, event.id


def settings_of(asking: Office, event: Any) -> Any:
    reply = asking.client.get(f"/v1/events/{event}/lead-settings")
    assert reply.status == 200, reply.text
    return reply.json


def test_they_come_back_as_they_were(office: Office, fair: tuple[Office, int]) -> None:
    asking, event = fair
    before = asking.exported(event)
    mover = office.as_(stored(make_user, is_verified=True))
    moved = mover.imported(before.content)["id"]
    assert settings_of(mover, moved) == settings_of(asking, event)
    assert not differences(before, mover.exported(moved))
    # Into the event itself: what was changed since is brought back, in a version of its own.
    assert asking.client.patch(f"/v1/events/{event}/lead-settings", {"fields": ["name"]}).status == 200
    asking.imported(before.content, f"/v1/events/{event}/import/archive")
    assert settings_of(asking, event) == {**TERMS, "version": 3}
    asking.imported(before.content, f"/v1/events/{event}/import/archive")
    assert settings_of(asking, event)["version"] == 3


def test_an_event_without_them_has_none(office: Office) -> None:
    owner = stored(make_user, is_verified=True)
    archive = office.as_(owner).exported(stored(make_event, owner=owner).id)
    assert NAME not in archive.files
    moved = office.as_(owner).imported(archive.content)["id"]
    assert settings_of(office.as_(owner), moved)["version"] == 0


@pytest.mark.parametrize(
    ("attributes", "place"),
    [
        ({"fields": ["password"]}, "attributes/fields"),
        ({"fields": []}, "attributes/fields"),
        ({"is_enabled": "yes"}, "is_enabled"),
        ({"is_enabled": True, "wording": ""}, "attributes/wording"),
        ({"wording": "x" * 1001}, "attributes/wording"),
        ({"color": "red"}, "attributes"),
    ],
)
def test_what_is_not_understood_is_refused(
    fair: tuple[Office, int], attributes: dict[str, Any], place: str
) -> None:
    asking, event = fair
    tampered = changed(
        asking.exported(event), "lead-settings", lambda data: data[0]["attributes"].update(attributes)
    )
    told = asking.told(tampered)
    assert told["state"] == "FAILURE"
    result = told["result"]
    refused = [entry for entry in result.get("entries", ()) if entry["action"] == "refused"]
    assert place in json.dumps(refused or result)


@pytest.mark.parametrize("path", ["copy", "copies"])
def test_a_copy_is_switched_off_until_its_team_has_looked(fair: tuple[Office, int], path: str) -> None:
    asking, event = fair
    reply = asking.client.post(f"/v1/events/{event}/{path}", content_type=None)
    assert reply.status == 200, reply.text
    asking.pump.everything()
    if path == "copy":
        copied = reply.json["id"]
    else:
        copied = asking.client.get(reply.json["task_url"]).json["result"]["id"]
    assert settings_of(asking, copied) == {**TERMS, "is_enabled": False, "version": 1}
