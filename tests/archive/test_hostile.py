"""Zips that are not what they say, and messages that come twice or are killed."""

import io
import struct
import warnings
import zipfile
from functools import cache
from typing import Any
from urllib.request import urlopen

import pytest

from chalicelib import db
from chalicelib.exports import parts
from chalicelib.tasks import export_archive, import_archive
from tests.archive.conftest import IMPORT, Archive, Office, differences
from tests.archive.test_importing import refused
from tests.archive.world import World
from tests.archive.zips import changed, sealed, zipped
from tests.factories import stored
from tests.factories.user import make_user

DEEP = b"[" * 200_000


@cache
def lists() -> bytes:
    """Much in memory from a few bytes, with numbers among it so that it is not packed as a bomb is."""
    return b",".join(b"[[],[],[],[%d]]" % (number * 7919) for number in range(210_000)).join((b"[", b"]"))


@cache
def values() -> bytes:
    """Like lists(), of numbers alone: they come again after 997, so it is enough to write those."""
    numbers = b",".join(b"%d" % (number * 7919 % 997) for number in range(997))
    return b",".join([numbers] * 5_026).join((b"[", b"]"))


def with_named(archive: Archive, name: str, content: bytes = b"x") -> bytes:
    """The archive with one more entry, whose name may lead elsewhere."""
    target = io.BytesIO(sealed(archive.files))
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(target, "a") as made:
        made.writestr(zipfile.ZipInfo(name), content)
    return target.getvalue()


def with_claim(content: bytes, size: int) -> bytes:
    """The zip, whose directory claims that its first file has this size."""
    at = content.index(b"PK\x01\x02")
    return content[: at + 24] + struct.pack("<I", size) + content[at + 28 :]


def _deepen(data: list[Any]) -> None:
    deep: Any = None
    for _ in range(900):
        deep = [deep]
    data[0]["attributes"]["document-links"] = deep


def test_odd_values_are_mistakes_of_their_resources(office: Office) -> None:
    """Values of other kinds where keys are looked up by them."""
    world = World(office)
    field = world.put("custom-form")
    world.put("custom-form-translate", custom_form=field)
    archive = world.office_of_owner.exported(world.event)
    mover = office.as_(stored(make_user, is_verified=True))
    links = {"data": [{"type": "custom-form", "id": "1"}]}
    content = changed(
        archive, "custom-form-translate", lambda data: data[0]["relationships"].update({"custom-form": links})
    )
    assert "resource identifier or null" in refused(mover.told(content))[0][1]
    odd: list[Any] = [{"x": 1}, [1], 7, True, 1e300]
    for value in odd:
        content = changed(archive, "custom-form", lambda data: data[0]["attributes"].update(form=value))  # noqa: B023
        assert refused(mover.told(content))[0][0].startswith(
            "documents/custom-form.json/data/0/attributes/form"
        )
        content = changed(
            archive,
            "custom-form-translate",
            lambda data: data[0]["attributes"].update({"language-code": value}),  # noqa: B023
        )
        assert "translations" in str(refused(mover.told(content))[0][0])
        content = changed(archive, "event", lambda data: data[0]["attributes"].update({"starts-at": value}))  # noqa: B023
        assert refused(mover.told(content))[0][0] == "documents/event.json/data/0/attributes/starts-at"


def test_hostile_zips_are_refused_with_a_reason(office: Office) -> None:
    world = World(office)
    world.put("track")
    archive = world.office_of_owner.exported(world.event)
    files = archive.files
    track, logo = "documents/track.json", "images/logo"
    without = {name: content for name, content in files.items() if name != track}
    page = b"<html><script>alert(1)</script></html>" * 9
    cases: dict[str, tuple[bytes, str]] = {
        "no zip": (b"%PDF-1.4", "no zip"),
        "cut": (archive.content[:-300], "no zip"),
        "absolute": (with_named(archive, "/etc/passwd"), "leads elsewhere"),
        "above": (with_named(archive, "documents/../../x"), "leads elsewhere"),
        "twice": (with_named(archive, track), "two files"),
        "unlisted": (with_named(archive, "documents/more.json"), "not listed"),
        "unknown type": (sealed({**files, "documents/order.json": b'{"data": []}'}), "no type"),
        "missing": (zipped({**without, "manifest.json": files["manifest.json"]}), "is not in the zip"),
        "checksum": (zipped({**files, track: files[track].replace(b"track", b"trick")}), "checksum"),
        "size": (zipped({**files, track: files[track] + b" "}), "not as large"),
        "10 GB": (with_claim(archive.content, 2**32 - 2), "unpacks to"),
        "version": (sealed(files, version=2), "version 1"),
        "format": (sealed(files, format="another"), "open-event-archive"),
        "bomb": (sealed({**files, track: b"[" + b" " * 20_000_000 + b"]"}), "far more"),
        "many lists": (sealed({**files, track: lists()}), "too many lists"),
        "many values": (sealed({**files, track: values()}), "too many lists, objects and values"),
        "no UTF-8": (sealed({**files, track: files[track].decode().encode("utf-16")}), "not UTF-8"),
        "no JSON": (sealed({**files, track: b'{"data": [NaN]}'}), "not JSON"),
        "depth": (sealed({**files, track: DEEP}), "nested too deeply"),
        "deep within": (changed(archive, "event", _deepen), "nested too deeply"),
        "no text": (sealed({**files, track: files[track].replace(b"#", b"\\u0000#")}), "cannot be stored"),
        "half a letter": (
            sealed({**files, track: files[track].replace(b"#", b"\\ud800#")}),
            "cannot be stored",
        ),
        "no document": (sealed({**files, track: b"[]"}), "array of resources"),
        "two events": (
            changed(archive, "event", lambda data: data.append({**data[0], "id": "2"})),
            "one event",
        ),
        "no event": (changed(archive, "event", lambda data: data.clear()), "one event"),
        "script as picture": (sealed({**files, logo: page}), "text/html"),
        "empty picture": (sealed({**files, logo: b""}), "empty"),
        "two of one id": (changed(archive, "track", lambda data: data.append(data[0])), "id of its own"),
    }
    mover = office.as_(stored(make_user, is_verified=True))
    events = office.database.one("SELECT count(*) FROM events")
    for name, (content, reason) in cases.items():
        told = mover.told(content)
        assert told["state"] == "FAILURE", name
        ((_, detail),) = refused(told)
        assert reason in detail, (name, detail)
    assert office.database.one("SELECT count(*) FROM events") == events
    assert office.database.one("SELECT count(*) FROM temporary_uploads WHERE used_at IS NULL") == 0


def test_too_many_resources_are_refused(office: Office) -> None:
    world = World(office)
    world.put("track")
    archive = world.office_of_owner.exported(world.event)

    def many(data: list[Any]) -> None:
        data.extend({**data[0], "id": str(number)} for number in range(2, 20_100))

    mover = office.as_(stored(make_user, is_verified=True))
    ((_, detail),) = refused(mover.told(changed(archive, "track", many)))
    assert "20,000 are the most" in detail


_EVENTS = "SELECT count(*) FROM events"
_UNUSED = "SELECT count(*) FROM temporary_uploads WHERE used_at IS NULL"
_NEXT = (
    "SELECT task, arguments FROM outbox WHERE task = :task AND sent_at IS NOT NULL ORDER BY id DESC LIMIT 1"
)


class Killed(Exception):
    """The process ends here."""


def die_in(run: Any, arguments: Any) -> None:
    """Run a message, and raise Killed before its commit."""
    with db.transaction() as session:
        run(session, **arguments)
        raise Killed


def die_and_deliver(office: Office, run: Any, rounds: int) -> None:
    """Run each message of a task to its end, die before the commit, and let another process run it."""
    for _ in range(rounds):
        arguments = office.database.rows(_NEXT, task=run.__name__)[0]["arguments"]
        with pytest.raises(Killed):
            die_in(run, arguments)
        office.pump.tasks()


def test_an_export_goes_on_in_further_messages_whoever_is_killed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(office)
    world.furnish()
    whole = world.office_of_owner.exported(world.event)
    monkeypatch.setattr(export_archive, "SECONDS", 0.0)
    reply = world.client.post(f"/v1/events/{world.event}/exports/archive", content_type=None)
    die_and_deliver(office, export_archive.export_archive, 4)
    office.pump.everything()
    told = world.client.get(reply.json["task_url"]).json
    with urlopen(told["result"]["download_url"]) as answer:
        assert not differences(whole, Archive(answer.read()))
    done = office.database.one("SELECT count(*) FROM tasks_done WHERE task = 'export_archive'")
    assert done >= 6, "messages, and one of the first export"


def test_an_export_waits_for_a_process_with_time(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(office)
    world.put("track")
    monkeypatch.setattr(export_archive, "SECONDS_PER_ROW", 1_000.0)
    archive = world.office_of_owner.exported(world.event)
    assert len(archive.documents("track")) == 1
    done = office.database.one("SELECT count(*) FROM tasks_done WHERE task = 'export_archive'")
    assert done == export_archive.TRIES + 1, "the last one tries it anyhow"


def test_an_import_makes_one_event_whoever_is_killed(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(office)
    world.furnish()
    archive = world.office_of_owner.exported(world.event)
    monkeypatch.setattr(import_archive, "SECONDS", 0.0)
    mover = office.as_(stored(make_user, is_verified=True))
    reply = mover.send(archive.content, invite="true")
    events, unused = (office.database.one(count) for count in (_EVENTS, _UNUSED))
    die_and_deliver(office, import_archive.import_archive, 8)
    office.pump.everything()
    told = mover.client.get(reply.json["task_url"]).json
    assert told["state"] == "SUCCESS", told
    assert office.database.one(_EVENTS) == events + 1
    assert not differences(archive, mover.exported(told["result"]["id"]))
    assert office.database.one(_UNUSED) == unused


def test_a_file_that_is_replaced_meanwhile_is_not_imported(office: Office) -> None:
    world, bare = World(office), World(office, has_pictures=False)
    archive = world.office_of_owner.exported(world.event)
    bare.put("sponsor", {"logo-url": bare.uploaded()})
    other = bare.office_of_owner.exported(bare.event)
    mover = office.as_(stored(make_user, is_verified=True))
    office.pump.everything()
    events = office.database.one(_EVENTS)
    for content in (other.content, b"no zip"):
        opened = mover.client.post("/v1/import-files").json
        mover.posted(opened, archive.content)
        reply = mover.client.post(f"{IMPORT}?file={opened['file']}", content_type=None)
        office.pump.tasks()  # which records the files
        mover.posted(opened, content)
        office.pump.everything()
        told = mover.client.get(reply.json["task_url"]).json
        assert told["state"] == "FAILURE"
        assert ("replaced" in told["result"]["reason"]) or ("no zip" in told["result"]["reason"])
    assert office.database.one(_EVENTS) == events


def test_an_archive_is_stored_in_parts(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(office)
    room = world.put("microlocation")
    many = (
        "INSERT INTO sessions (title, long_abstract, event_id, microlocation_id, state, is_mail_sent, is_locked, "
        "average_rating, rating_count, favourite_count, created_at, last_modified_at, submitted_at) "
        "SELECT 'Talk ' || n, (SELECT string_agg(md5(n || ' ' || k), '') FROM generate_series(1, 280) k), :event, :room, 'confirmed', FALSE, FALSE, 0, 0, 0, now(), "
        "now(), now() FROM generate_series(1, 1500) n"
    )
    office.database.run(many, event=int(world.event), room=int(room[1]))
    monkeypatch.setattr(parts, "PART", 5 * 2**20)
    archive = world.office_of_owner.exported(world.event)
    assert len(archive.content) > 2 * 5 * 2**20
    assert len(archive.documents("session")) == 1500
