"""Zips of the former server: as ours are one too, as it writes them, and as its importer reads them."""

import json
from typing import Any
from urllib.request import urlopen

import pytest

from tests.archive.conftest import Archive, Office
from tests.archive.test_importing import refused
from tests.archive.world import World
from tests.archive.zips import zipped
from tests.factories import stored
from tests.factories.user import make_user
from tests.uploads import samples

FILES = (
    "event", "microlocations", "sessions", "speakers", "sponsors", "tracks", "session_types", "forms", "meta",
)  # fmt: skip
HEADS = {
    "event": ["id", "name", "latitude", "longitude", "location_name", "starts_at", "ends_at", "timezone"],
    "sessions": ["id", "title", "subtitle", "short_abstract", "long_abstract", "starts_at", "ends_at"],
    "speakers": ["id", "name", "email", "mobile", "photo_url", "organisation", "position", "country"],
    "sponsors": ["id", "name", "logo_url", "level", "type", "url", "description"],
    "microlocations": ["id", "name", "floor"],
    "tracks": ["id", "name", "color", "font_color"],
    "session_types": ["id", "name", "length"],
}
# As the former server writes rows: all columns, also those that nobody but the platform decides about.
EVENT = {
    "id": 71, "name": "Old Days", "latitude": 51.1, "longitude": 13.7, "location_name": "Hall",
    "starts_at": "2031-05-01T09:00:00+02:00", "ends_at": "2031-05-03T18:00:00+02:00", "timezone": "Europe/Berlin",
    "description": "Long ago", "original_image_url": None, "logo_url": "/images/logo", "owner_name": None,
    "external_event_url": "https://days.example.org", "privacy": "public", "event_topic_id": 5,
    "bank_details": "IBAN of somebody", "is_featured": True, "is_sponsors_enabled": True, "state": "draft",
    "is_sessions_speakers_enabled": True, "identifier": "a1b2c3d4", "deleted_at": None, "group_id": 1,
    "schedule_published_on": None, "created_at": "2030-01-01T00:00:00+00:00", "thumbnail_image_url": "http://x.example/t.png",
    "social_links": [{"id": 3, "name": "Twitter", "link": "https://twitter.com/days"}],
}  # fmt: skip
TRACKS = [{"id": 8, "name": "Main", "color": "#ff0000", "font_color": "#000000", "description": None}]
ROOMS = [
    {"id": 4, "name": "Big room", "floor": 2, "deleted_at": None},
    {"id": 5, "name": "Gone", "floor": 1, "deleted_at": "2030-01-01T00:00:00+00:00"},
]
TYPES = [{"id": 2, "name": "Talk", "length": "00:30"}]
SPEAKERS = [
    {"id": 11, "name": "Grace", "email": "grace@example.org", "photo_url": "/images/speakers/Grace_11"}
]
TALK = {
    "id": 21, "title": "Nanoseconds", "starts_at": "2031-05-01T10:00:00+02:00", "state": "accepted",
    "ends_at": "2031-05-01T10:30:00+02:00", "submitted_at": "2030-05-01 10:00:00.5+00", "is_mail_sent": False,
    "slides_url": "/slides/session_21", "short_abstract": "Wire", "average_rating": 4.5,
}  # fmt: skip
PICTURE = samples.image(size=(40, 30))
AS_WRITTEN = {"track_id": 8, "microlocation_id": 4, "session_type_id": 2}
AS_READ = [
    {"track": 8, "microlocation": 4, "session_type": 2},
    {"track": {"id": 8}, "microlocation": {"id": 4}, "session_type": {"id": 2}},
    {"track": [{"id": 8}], "microlocation": [4], "session_type": [{"id": 2, "name": "Talk"}]},
]


def former(links: Any, **files: Any) -> bytes:
    """A zip of the former server, with one session that has these links."""
    written = {
        "event": EVENT,
        "microlocations": ROOMS,
        "sessions": [{**TALK, **links}],
        "speakers": SPEAKERS,
        "sponsors": [
            {"id": 1, "name": "Solder", "level": "1", "logo_url": "https://logos.example.org/s.png"}
        ],
        "tracks": TRACKS,
        "session_types": TYPES,
        "forms": [{"id": 1, "form": "speaker", "field_identifier": "name", "type": "text", "name": "Name"}],
        "meta": {"root_url": "https://old.example.org/"},
        **files,
    }
    content = {
        name: json.dumps(each, indent=4).encode() for name, each in written.items() if each is not None
    }
    return zipped({**content, "images/logo": PICTURE, "images/speakers/Grace_11": PICTURE})


@pytest.mark.parametrize("links", [AS_WRITTEN, *AS_READ])
def test_what_the_former_server_wrote_becomes_an_event(office: Office, links: Any) -> None:
    mover = office.as_(stored(make_user, is_verified=True))
    result = mover.imported(former(links))
    shown = mover.client.get(f"/v1/events/{result['id']}?include=social-links,sponsors,speakers").json
    event = shown["data"]["attributes"]
    subjects = [mail["subject"] for mail in office.pump.mails()]
    assert subjects.count("Old Days is imported") == 1
    assert (result["event_name"], event["name"], event["is-featured"]) == ("Old Days", "Old Days", False)
    assert event["bank-details"] is None
    assert event["identifier"] != "a1b2c3d4"
    assert event["logo-url"].startswith("https://media.example.org/media/upload/")
    included = {each["type"]: each["attributes"] for each in shown["included"]}
    assert included["social-link"]["link"] == "https://twitter.com/days"
    assert included["sponsor"]["logo-url"] == "https://logos.example.org/s.png"
    assert included["speaker"]["photo-url"].startswith("https://media.example.org/media/upload/")
    path = f"/v1/events/{result['id']}/sessions?include=track,microlocation,session-type"
    talks = mover.client.get(path).json
    (talk,) = talks["data"]
    assert {each["attributes"]["name"] for each in talks["included"]} == {"Main", "Big room", "Talk"}
    assert talk["attributes"]["submitted-at"].startswith("2030-05-01T10:00:00.5")
    assert talk["attributes"]["slides-url"] is None, "a file that is not in the zip"
    rooms = mover.client.get(f"/v1/events/{result['id']}/microlocations").data
    assert [room["attributes"]["name"] for room in rooms] == ["Big room"]


def test_once_more_changes_what_came(office: Office) -> None:
    mover = office.as_(stored(make_user, is_verified=True))
    event = mover.imported(former(AS_WRITTEN))["id"]
    tracks = [{**TRACKS[0], "name": "Renamed"}]
    result = mover.imported(former(AS_WRITTEN, tracks=tracks), f"/v1/events/{event}/import/archive")
    counts = result["counts"]
    assert counts["track"] == {"made": 0, "changed": 1, "unchanged": 0, "refused": 0}
    assert not sum(of["made"] for of in counts.values())


def test_mistakes_are_told_as_the_former_server_told_them(office: Office) -> None:
    mover = office.as_(stored(make_user, is_verified=True))
    cases: dict[str, dict[str, Any]] = {
        "File tracks missing in event zip": {"tracks": None},
        "File event missing in event zip": {"event": None},
        "array of objects": {"speakers": {"id": 1}},
        "one id": {"speakers": [*SPEAKERS, *SPEAKERS]},
        "has an id": {"speakers": [{"name": "Nobody"}]},
    }
    for reason, files in cases.items():
        ((_, detail),) = refused(mover.told(former(AS_WRITTEN, **files)))
        assert reason in detail
    for links in ({"track": [8, 9]}, {"track": 1.5}, {"track": True}):
        assert "documents" not in str(refused(mover.told(former(links)))[0][0])
    mails = [mail for mail in office.pump.mails() if mail["subject"] == "An event could not be imported"]
    assert "File tracks missing in event zip" in mails[0]["text"]
    ((path, _),) = refused(mover.told(former({"track": 99})))
    assert path == "sessions/0/relationships/track"
    ((path, _),) = refused(mover.told(former({**AS_WRITTEN, "level": "Godlike"})))
    assert path == "sessions/0/attributes/level"


def test_ours_are_such_zips_too(office: Office) -> None:
    """What the former server reads is in an archive of ours, without what must not be in it."""
    world = World(office)
    world.furnish()
    archive = world.office_of_owner.exported(world.event)
    files = archive.files
    rows = {name: json.loads(files[name]) for name in FILES}
    for name, head in HEADS.items():
        row = rows[name] if name == "event" else rows[name][0]
        assert list(row)[: len(head)] == head
        if name in {"event", "sessions", "speakers"}:  # others have few keys more
            assert list(row)[-3:] == sorted(list(row)[-3:])
        assert files[name].startswith(b'{\n    "id": 1' if name == "event" else b'[\n    {\n        "id": 1')
    assert not {"bank_details", "deleted_at", "identifier", "is_featured"} & set(rows["event"])
    assert rows["event"]["logo_url"] == "/images/logo"
    assert rows["tracks"][0]["font_color"] in {"#000000", "#FFFFFF"}
    assert rows["sessions"][0]["track_id"] == rows["sessions"][0]["track"] == 1
    kept = {
        name: content for name, content in files.items() if not name.startswith(("documents/", "manifest"))
    }
    mover = office.as_(stored(make_user, is_verified=True))
    result = mover.imported(zipped(kept))
    after = mover.exported(result["id"]).files
    differ = {name for name in FILES if files[name] != after[name]}
    assert not differ
    assert after["images/logo"] == files["images/logo"]


def test_the_old_address_writes_files_as_it_is_asked_to(office: Office) -> None:
    world = World(office)
    path = f"/v1/events/{world.event}/export/json"
    reply = world.client.post(path, {"image": True, "video": False}, content_type="application/json")
    office.pump.everything()
    told = world.client.get(reply.json["task_url"]).json
    assert set(told) == {"state", "result"}
    assert Archive(fetched(told)).manifest["media"] == ["image"]
    (mail,) = [mail for mail in office.pump.mails() if "exported" in mail["subject"]]
    assert (mail["subject"], mail["to"]) == ("Compiler Days is exported", [world.owner.email])
    reply = world.client.post(path, content_type=None)
    office.pump.everything()
    assert Archive(fetched(world.client.get(reply.json["task_url"]).json)).manifest["media"] == []


def fetched(told: Any) -> bytes:
    with urlopen(told["result"]["download_url"]) as answer:
        content: bytes = answer.read()
        return content
