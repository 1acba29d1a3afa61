"""What is in an archive: all that hangs on an event, what its reader may see, and no secret."""

import re
from typing import Any

import pytest

from chalicelib.archive.declared import ARCHIVED, BY_TYPE, LEFT_OUT, NAMED, UNLINKED
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.resources import REGISTRY
from tests.archive.conftest import Archive, Office
from tests.archive.world import HUSH, World
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles

PEOPLE = {archived.type for archived in ARCHIVED if archived.people}
KINDS = ("image", "video", "audio", "document")
SECRETS = (
    "UPDATE speakers_calls SET hash = :hush",
    "UPDATE submission_calls SET hash = :hush",
    "UPDATE role_invites SET hash = :hush || id",
    "UPDATE users SET details = :hush",
    """UPDATE video_streams SET meeting = '{"moderatorPW": "hush-hush"}'""",
    "UPDATE events SET chat_room_name = :hush",
)


def hanging() -> set[str]:
    """Types whose rows belong to an event, or are linked from it, through whatever other types."""
    types = {"event"} | {each.target for each in REGISTRY.relations["event"].values() if each.column}
    while True:
        more = {
            noun.type
            for noun in REGISTRY
            for relation in REGISTRY.relations[noun.type].values()
            if relation.column and relation.target in types - {*NAMED, "group"}
        }
        if more <= types:
            return types
        types |= more


def test_each_type_that_hangs_on_an_event_is_archived_or_left_out_for_a_reason() -> None:
    assert hanging() | {"video-channel"} == {*BY_TYPE, *LEFT_OUT, *NAMED}
    assert not BY_TYPE.keys() & LEFT_OUT.keys()


def is_archived(relation: Relation) -> bool:
    """Whether the links of a relationship are in an archive, from either side."""
    archived, other = BY_TYPE[relation.owner], BY_TYPE.get(relation.target)
    mine = relation.name == archived.parent or relation.name in archived.links
    return mine or (other is not None and relation.inverse in (other.parent, *other.links))


@pytest.mark.parametrize("archived", ARCHIVED, ids=lambda archived: archived.type)
def test_each_relationship_is_archived_or_left_out_for_a_reason(archived: Any) -> None:
    written = [
        relation
        for relation in REGISTRY.relations[archived.type].values()
        if not relation.read_only and (relation.column or relation.through)
    ]
    left = {(archived.type, each.name) for each in written if not is_archived(each)}
    assert left == {key for key in UNLINKED if key[0] == archived.type}
    unknown = archived.without.keys() - REGISTRY[archived.type].attributes.keys()
    assert not unknown, "attributes that there are not"


def text_of(archive: Archive) -> str:
    return b"".join(archive.files.values()).decode(errors="replace")


def test_secrets_are_in_no_file_and_people_where_they_may_be_seen(office: Office) -> None:
    world = World(office)
    world.furnish()
    for statement in SECRETS:
        office.database.run(statement, **({"hush": HUSH} if ":hush" in statement else {}))
    for user in (world.owner, stored(make_user, is_admin=True)):
        text = text_of(office.as_(user).exported(world.event))
        assert "margaret" in text.lower()
        assert HUSH not in text
        assert "hush" not in text
    helper = stored(make_user)
    stored(make_users_events_roles, user=helper, event=world.row, role="coorganizer")
    seen = office.as_(helper).exported(world.event)
    assert [invite["attributes"]["email"] for invite in seen.documents("role-invite")] == [
        "guest@example.org", "organizer@example.org", "registrar@example.org",
    ]  # fmt: skip
    without = world.office_of_owner.exported(world.event, people=False)
    assert {name for name, number in without.manifest["counts"].items() if not number} == PEOPLE
    addresses = set(re.findall(r"[\w.]+@example.org", text_of(without)))
    assert addresses == {"booth@example.org"}, "of an exhibitor"
    assert "Margaret" not in text_of(without)
    assert without.manifest["people"] is False


def test_files_are_there_by_their_kinds_and_nothing_is_fetched(office: Office) -> None:
    world = World(office)
    elsewhere = "http://127.0.0.1:9/media/logo.png"
    world.put("track")
    world.change("event", world.event, {"external-event-url": elsewhere})
    whole = world.office_of_owner.exported(world.event)
    assert {"images/logo", "images/original"} <= set(whole.files)
    (event,) = whole.documents("event")
    assert event["attributes"]["logo-url"] == "open-event-archive:/images/logo"
    assert event["attributes"]["external-event-url"] == elsewhere
    without = world.office_of_owner.exported(world.event, image=False)
    assert not [name for name in without.files if name.startswith(("images", "media"))]
    (event,) = without.documents("event")
    assert event["attributes"]["logo-url"].startswith("https://media.example.org/media/upload/")


def test_a_file_that_is_gone_is_named(office: Office) -> None:
    world = World(office)
    gone = "https://media.example.org/media/upload/00000000-0000-0000-0000-000000000000.png"
    office.database.run("UPDATE events SET logo_url = :gone", gone=gone)
    archive = world.office_of_owner.exported(world.event)
    assert archive.manifest["left-out"]["files"] == ["/images/logo"]
    assert "images/logo" not in archive.files


ROLES = {"owner": 200, "organizer": 200, "coorganizer": 200, "moderator": 403, "registrar": 403}


def test_an_event_is_exported_by_its_coorganizers_and_who_stands_above_them(office: Office) -> None:
    event = stored(make_event)
    paths = [f"/v1/events/{event.id}/exports/archive", f"/v1/events/{event.identifier}/export/json"]

    def statuses(client: Any, body: Any = None) -> set[int]:
        return {client.post(path, body, content_type="application/json").status for path in paths}

    assert statuses(office.client) == {401}
    for role, status in ROLES.items():
        user = stored(make_user)
        stored(make_users_events_roles, user=user, event=event, role=role)
        assert statuses(office.client.signed_in_as(user)) == {status}, role
    staff = office.client.signed_in_as(stored(make_user, is_admin=True))
    assert statuses(staff, dict.fromkeys(KINDS, True)) == {200}
    for mistake in ({"images": True}, {"image": "yes"}, [True]):
        assert statuses(staff, mistake) == {422}
    assert staff.post("/v1/events/999/export/json", content_type=None).status == 404


def test_whoever_loses_the_role_gets_no_archive(office: Office) -> None:
    event, helper = stored(make_event), stored(make_user)
    stored(make_users_events_roles, user=helper, event=event, role="coorganizer")
    client = office.client.signed_in_as(helper)
    reply = client.post(f"/v1/events/{event.id}/exports/archive", content_type=None)
    office.database.run("DELETE FROM users_events_roles WHERE user_id = :id", id=helper.id)
    office.pump.everything()
    assert client.get(reply.json["task_url"]).json["state"] == "FAILURE"
