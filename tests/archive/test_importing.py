"""Archives that come in: what is made and changed, who may, and what is refused."""

from functools import partial
from typing import Any

from sqlalchemy import select

from chalicelib import db
from chalicelib.resources.people.user.user import User
from tests.archive.conftest import Office, differences
from tests.archive.world import World
from tests.archive.zips import changed, sealed
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase

COUNTED = (
    "events", "tracks", "sessions", "speakers", "tickets", "custom_forms", "custom_form_translates",
    "custom_form_options", "badge_field_forms", "role_invites", "imported_ids", "video_streams",
)  # fmt: skip


def counts(database: TestDatabase) -> dict[str, int]:
    return {table: database.one(f"SELECT count(*) FROM {table}") for table in COUNTED}


def actions(result: Any) -> set[str]:
    """What was done at least once."""
    return {action for of in result["counts"].values() for action, number in of.items() if number}


def test_a_dry_run_tells_the_same_and_leaves_nothing(office: Office) -> None:
    world = World(office)
    world.furnish()
    archive = world.office_of_owner.exported(world.event)
    user = stored(make_user, is_verified=True)
    mover = office.as_(user)
    before = counts(office.database)
    dry = mover.imported(archive.content, dry_run="true")
    assert counts(office.database) == before
    assert dry["dry_run"] is True
    assert any("role-invite" in note for note in dry["notes"])
    mails = len(office.pump.mails())
    mine = str(mover.client.get(f"/v1/users/{user.id}").data["attributes"]["email"])
    real = mover.imported(archive.content)
    assert real["counts"] == dry["counts"]
    assert actions(real) == {"made", "unchanged"}, "a new event has a field for addresses"
    assert real["event_name"] == "Compiler Days"
    jobs = [job["attributes"] for job in mover.client.get("/v1/import-jobs").data]
    assert {(job["result"], job["result-status"]) for job in jobs} == {
        ("", "SUCCESS"),
        (str(real["id"]), "SUCCESS"),
    }
    shown = mover.client.get(f"/v1/events/{real['id']}").data
    assert real["url"].endswith(f"/events/{shown['attributes']['identifier']}")
    written = {address for mail in office.pump.mails()[mails:] for address in mail["to"]}
    assert written <= {mine}, "nobody else is written to unasked"
    owner = mover.client.get(f"/v1/events/{real['id']}/owner").data
    assert owner["id"] != str(world.owner.id)


def test_once_more_into_the_same_event_changes_what_differs(office: Office) -> None:
    world = World(office)
    world.furnish()
    archive = world.office_of_owner.exported(world.event)
    mover = office.as_(stored(make_user, is_verified=True))
    event = mover.imported(archive.content)["id"]
    path = f"/v1/events/{event}/import/archive"
    # The first finds fields of forms by their names; all others are known since they came.
    mover.imported(archive.content, path)
    before = counts(office.database)
    again = mover.imported(archive.content, path)
    assert counts(office.database) == before
    assert "made" not in actions(again)
    renamed = changed(archive, "track", lambda data: data[0]["attributes"].update(name="Renamed"))
    result = mover.imported(renamed, path)
    assert result["counts"]["track"] == {"made": 0, "changed": 1, "unchanged": 0, "refused": 0}
    names = [track["attributes"]["name"] for track in mover.client.get(f"/v1/events/{event}/tracks").data]
    assert names == ["Renamed"]


def test_into_the_event_that_it_is_of_it_brings_back_what_was(office: Office) -> None:
    world = World(office)
    world.furnish()
    archive = world.office_of_owner.exported(world.event)
    before = counts(office.database)
    world.change("track", world.ids["track"][0], {"name": "Spoiled"})
    path = f"/v1/events/{world.event}/import/archive"
    result = world.office_of_owner.imported(archive.content, path)
    assert result["counts"]["track"]["changed"] == 1
    assert result["counts"]["session"]["made"] == 0
    after = counts(office.database)
    assert {name for name in COUNTED if after[name] != before[name]} == {"imported_ids"}
    assert world.client.get(f"/v1/tracks/{world.ids['track'][0]}").data["attributes"]["name"] != "Spoiled"


def test_who_imports_what(office: Office) -> None:
    event = stored(make_event)
    world = World(office)
    content = world.office_of_owner.exported(world.event).content
    path = f"/v1/events/{event.id}/import/archive"
    assert office.send(content).status == 401
    assert office.send(content, path).status == 401
    office.database.run("UPDATE user_permissions SET unverified_user = FALSE")
    unverified = office.as_(stored(make_user, is_verified=False))
    assert "You may not create this event." in refused(unverified.told(content))[0][1]
    for role, status in (("coorganizer", 200), ("moderator", 403)):
        user = stored(make_user)
        stored(make_users_events_roles, user=user, event=event, role=role)
        assert office.as_(user).send(content, path).status == status
    mover = office.as_(stored(make_user, is_verified=True))
    for name, detail in (("event.ZIP", "Invalid file type"), ("event.tar", "Invalid file type")):
        reply = mover.send(content, name=name)
        assert (reply.status, reply.errors[0]["detail"]) == (404, detail)
    reply = mover.send(b"")
    assert (reply.status, reply.errors[0]["detail"]) == (404, "File not found")
    assert mover.send(content, dry_run="perhaps").status == 400
    assert mover.send(content, colour="red").status == 400


def refused(told: Any) -> list[tuple[Any, Any]]:
    """(place, why) of what is refused."""
    assert told["state"] == "FAILURE", told
    result = told["result"]
    assert result["reason"]
    entries = [entry for entry in result.get("entries", ()) if entry["action"] == "refused"]
    return [(entry.get("path"), entry["detail"]) for entry in entries] or [
        (result.get("path"), result["reason"])
    ]


def _add(data: list[Any], *, member: str, name: str, value: object) -> None:
    data[0][member][name] = value


def test_nothing_is_taken_that_a_client_could_not_write(office: Office) -> None:
    world = World(office)
    world.put("track")
    world.put("access-code", marketer=("user", world.owner))
    archive = world.office_of_owner.exported(world.event)
    mover = office.as_(stored(make_user, is_verified=True))
    before = counts(office.database)
    for type_name, member, name in (
        ("event", "attributes", "is-featured"),
        ("event", "attributes", "identifier"),
        ("event", "attributes", "chat-room-name"),
        ("event", "relationships", "group"),
        ("track", "attributes", "deleted-at"),
        ("access-code", "relationships", "marketer"),
    ):
        value = {"data": {"type": "user", "id": "1"}} if member == "relationships" else "x"
        content = changed(archive, type_name, partial(_add, member=member, name=name, value=value))
        ((path, detail),) = refused(mover.told(content))
        assert path == f"documents/{type_name}.json/data/0/{member}/{name}"
        assert name in detail
    assert counts(office.database) == before


def test_a_mistake_is_told_with_its_place_and_nothing_stays(office: Office) -> None:
    world = World(office)
    for _ in range(2):
        world.put("track")
    room, talk = world.put("microlocation"), {"starts-at": None, "ends-at": None}
    world.put("session", talk, microlocation=room)
    archive = world.office_of_owner.exported(world.event)
    mover = office.as_(stored(make_user, is_verified=True))
    before = counts(office.database)
    content = changed(archive, "track", lambda data: data[1]["attributes"].update(color="blue"))
    ((path, detail),) = refused(mover.told(content))
    assert path == "documents/track.json/data/1/attributes/color"
    assert "#rrggbb" in detail
    # Another's row is never meant by an id: ids are those of the archive.
    theirs = {"data": {"type": "microlocation", "id": room[1] + "9"}}
    content = changed(archive, "session", lambda data: data[0]["relationships"].update(microlocation=theirs))
    assert refused(mover.told(content))[0][0] == "documents/session.json/data/0/relationships/microlocation"
    assert counts(office.database) == before
    result = mover.imported(content, skip_refused="true")
    assert result["counts"]["session"] == {"made": 0, "changed": 0, "unchanged": 0, "refused": 1}
    assert result["counts"]["track"]["made"] == 2


def test_ids_of_another_event_are_not_taken_for_rows_of_this_one(office: Office) -> None:
    """The manifest names the event whose rows they would be, and its ids are another's."""
    world, other = World(office), World(office)
    track, theirs = world.put("track"), other.put("track")
    archive = world.office_of_owner.exported(world.event)
    ids = {**archive.manifest["ids"], "track": [theirs[1]]}
    path = f"/v1/events/{world.event}/import/archive"
    result = world.office_of_owner.imported(sealed(archive.files, ids=ids), path)
    assert result["counts"]["track"]["made"] == 1
    assert {each["id"] for each in world.client.get(f"/v1/events/{world.event}/tracks").data} > {track[1]}
    name = other.client.get(f"/v1/tracks/{theirs[1]}").data["attributes"]["name"]
    assert name != world.client.get(f"/v1/tracks/{track[1]}").data["attributes"]["name"]
    ids["track"] = ["9" * 5_000]
    told = world.office_of_owner.told(sealed(archive.files, ids=ids), path)
    assert refused(told) == [("documents/track.json/data/0", "An id has 500 characters at most.")]


def test_an_address_below_that_of_a_file_stays_as_it_is(office: Office) -> None:
    world = World(office)
    url = world.uploaded()
    world.put("faq", {"answer": f"See {url}/more, and {url}"})
    before = world.office_of_owner.exported(world.event)
    mover = office.as_(stored(make_user, is_verified=True))
    after = mover.exported(mover.imported(before.content)["id"])
    assert not differences(before, after)
    answer = after.documents("faq")[0]["attributes"]["answer"]
    assert answer.startswith(f"See {url}/more, and open-event-archive:/media/")


def test_a_large_zip_comes_by_a_presigned_post(office: Office) -> None:
    world = World(office)
    archive = world.office_of_owner.exported(world.event)
    mover = office.as_(stored(make_user, is_verified=True))
    file = mover.stored(archive.content)
    other = office.as_(stored(make_user, is_verified=True))
    addresses = [(mover, "SUCCESS"), (other, "FAILURE")]
    for whoever, state in addresses:
        reply = whoever.client.post(f"/v1/events/import/json?file={file}", content_type=None)
        assert reply.status == 200, reply.text
        office.pump.everything()
        assert whoever.client.get(reply.json["task_url"]).json["state"] == state
    path = f"/v1/events/{world.event}/import/archive?file=../x"
    assert world.client.post(path, content_type=None).status == 404


def test_nobody_is_invited_who_is_there_or_twice(office: Office) -> None:
    world = World(office)
    world.furnish()
    archive = world.office_of_owner.exported(world.event)
    with db.transaction() as session:
        invited = session.scalars(select(User).where(User.email == "registrar@example.org")).one()
    mover = office.as_(invited)
    event = mover.imported(archive.content, invite="true")["id"]
    emails = "SELECT string_agg(email, ' ' ORDER BY email) FROM role_invites WHERE event_id = :event"
    three = "guest@example.org organizer@example.org registrar@example.org"
    assert office.database.one(emails, event=event) == three, "an owner's is accepted from the start"
    mails = len(office.pump.mails())
    result = mover.imported(archive.content, f"/v1/events/{event}/import/archive", invite="true")
    assert result["counts"]["role-invite"] == {"made": 0, "changed": 0, "unchanged": 3, "refused": 0}
    assert len(office.pump.mails()) == mails


def test_into_an_empty_system(office: Office) -> None:
    """Topics and types are the platform's: staff brings them along, anybody else goes without."""
    world = World(office)
    archive = world.office_of_owner.exported(world.event)
    for table in ("events", "event_sub_topics", "event_topics", "event_types"):
        office.database.run(f"DELETE FROM {table}")
    mover = office.as_(stored(make_user, is_verified=True))
    result = mover.imported(archive.content)
    assert len(result["notes"]) == 3
    assert any("Computing" in note for note in result["notes"])
    staff = office.as_(stored(make_user, is_admin=True, is_verified=True))
    result = staff.imported(archive.content)
    assert not differences(archive, staff.exported(result["id"]))


def test_without_an_event_nothing_is_skipped(office: Office) -> None:
    world = World(office)
    archive = world.office_of_owner.exported(world.event)
    mover = office.as_(stored(make_user, is_verified=True))
    content = changed(archive, "event", lambda data: data[0]["attributes"].update({"timezone": "Mars"}))
    told = mover.told(content, skip_refused="true")
    assert [place for place, _ in refused(told)] == ["documents/event.json/data/0/attributes/timezone"]
    assert told["result"]["reason"] == "Nothing was imported: the file has mistakes (1)."
    assert mover.client.get("/v1/import-jobs").data[0]["attributes"]["result-status"] == "FAILURE"


def test_what_is_misspelt_is_not_done(office: Office) -> None:
    world = World(office)
    address = f"/v1/events/{world.event}"
    before = office.database.one("SELECT count(*) FROM task_results")
    for path in (
        "/v1/events/import/json?dryrun=true",
        f"{address}/import/archive?dry_run=true&skip-refused=true",
        f"{address}/copies?dry_run=true",
        f"{address}/copy?dry_run=true",
        f"{address}/exports/archive?people=false",
        f"{address}/export/json?image=true",
        f"{address}/exports/attendees.csv?column=email",
        f"{address}/exports/attendees.csv?filters=[]",
        f"/v1/export/user-check-in/csv?event_id={world.event}&day=2031-05-01",
        "/v1/import-files?size=5",
    ):
        reply = world.client.post(path, content_type=None)
        assert (reply.status, "parameter" in reply.errors[0]["source"]) == (400, True), path
    assert office.database.one("SELECT count(*) FROM task_results") == before


def test_an_access_code_stays_with_who_made_it(office: Office) -> None:
    world = World(office)
    hidden = world.put("ticket", {"is-hidden": True})
    world.put("access-code", tickets=[hidden], marketer=("user", world.owner))
    archive = world.office_of_owner.exported(world.event)
    helper = stored(make_user, is_verified=True)
    stored(make_users_events_roles, user=helper, event=world.row, role="organizer")
    result = office.as_(helper).imported(archive.content, f"/v1/events/{world.event}/import/archive")
    assert result["counts"]["access-code"] == {"made": 0, "changed": 0, "unchanged": 1, "refused": 0}
    assert office.database.one("SELECT marketer_id FROM access_codes") == world.owner.id


def test_a_coorganizer_gives_nobody_their_own_address(office: Office) -> None:
    world = World(office)
    world.put("speaker", {"email": "ada@example.org", "name": "Ada"})
    archive = world.office_of_owner.exported(world.event)
    other, helper = stored(make_event), stored(make_user, is_verified=True)
    stored(make_users_events_roles, user=helper, event=other, role="coorganizer")
    told = office.as_(helper).told(archive.content, f"/v1/events/{other.id}/import/archive")
    assert ("documents/speaker.json/data/0/attributes/email", _ADDRESS) in refused(told)
    assert office.database.one("SELECT count(*) FROM speakers WHERE event_id = :id", id=other.id) == 0


_ADDRESS = "Only owner and organizers give a speaker an address that is not their own."
