"""Files that want too much: each bound is told, and nothing is left of any of them."""

import io
import json
import struct
import zipfile
from typing import Any

import pytest

from chalicelib.imports import tables
from tests.factories import stored
from tests.factories.speaker import make_speaker
from tests.imports.conftest import Place, send_file
from tests.support.http_client import Client
from tests.support.pump import Pump

pytestmark = pytest.mark.one_database
XML = '<?xml version="1.0"?>{}<schedule><conference><title>{}</title></conference></schedule>'
LAUGHS = (
    "<!DOCTYPE s ["
    + "".join(
        f'<!ENTITY l{n} "{"&l" + str(n - 1) + ";" if n else "ha"}{"&l" + str(n - 1) + ";" if n else ""}">'
        for n in range(9)
    )
    + "]>"
)
FILES = '<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
_BOOK = {
    "xl/workbook.xml": '<workbook xmlns:r="r"><sheets><sheet name="a" r:id="1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="1" Target="worksheets/a.xml"/></Relationships>',
}


_SPEAKERS = "SELECT count(*) FROM speakers WHERE event_id = :id"


def book(sheet: str, **more: str) -> bytes:
    """A spreadsheet with this sheet."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**_BOOK, "xl/worksheets/a.xml": sheet, **more}.items():
            archive.writestr(name, content)
    return target.getvalue()


def claiming(size: int) -> bytes:
    """A spreadsheet whose sheet says that it has so many bytes."""
    content = book("<worksheet/>")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entry = archive.getinfo("xl/worksheets/a.xml")
    at = content.rindex(b"PK\x01\x02")
    while content[at + 46 : at + 46 + len(entry.filename)] != entry.filename.encode():
        at = content.rindex(b"PK\x01\x02", 0, at)
    return content[: at + 24] + struct.pack("<I", size) + content[at + 28 :]


def packed_otherwise() -> bytes:
    """A spreadsheet whose sheet is a few bytes of bzip2 that unpack to 50 MB at once."""
    target = io.BytesIO(book("<worksheet/>"))
    with zipfile.ZipFile(target, "a", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("xl/sharedStrings.xml", b" " * 50_000_000)
    return target.getvalue()


def of_room(room: str, acronym: str = "x") -> bytes:
    """A schedule with a talk in this room."""
    talk = {"guid": "1", "title": "T", "start": "10:00", "duration": "00:30"}
    days = [{"date": "2031-07-01", "rooms": {room: [talk]}}]
    return json.dumps({"schedule": {"conference": {"acronym": acronym, "title": "X", "days": days}}}).encode()


TABLES: list[tuple[str, bytes, str]] = [
    ("a.csv", b"", "There is no file"),
    ("a.csv", b"\n\n", "The file is empty"),
    (
        "a.csv",
        "Name\nJosé\n".encode("latin-1"),
        "The file is not in UTF-8: byte 9 cannot be read. Save it as UTF-8.",
    ),
    ("a.csv", b"\xff\xfeN\x00a\x00m", "The file is not in UTF-16-LE"),
    ("a.csv", b"Name\nA\x00B\n", "The file has NUL characters"),
    ("a.csv", b'Name\n"never ends\n', "This is no CSV"),
    ("a.csv", b"Name,Name\nA,B\n", "This column is there twice."),
    ("a.csv", b"Name\n" + b"x" * 150_000 + b"\n", "This is no CSV: field larger than field limit"),
    ("a.csv", b"Name," * 300 + b"\nA\n", "The file has 300 columns; 200 are the most."),
    ("a.csv", b"Name\nA,B\n", "Column 2 has a text and no heading"),
    ("a.csv", b"Name\n" + b"A\n" * 100_000, "The file has more than 5,000 rows"),
    ("a.csv", b"\xd0\xcf\x11\xe0rest", "This is a spreadsheet of the old kind"),
    ("a.xlsx", b"PK\x03\x04rest", "The file is no zip archive that can be read"),
    ("a.xlsx", book("<worksheet/>", **{"../../etc/cron": "x"}), "a name that leads elsewhere"),
    ("a.xlsx", book("<worksheet/>", **{"/etc/cron": "x"}), "a name that leads elsewhere"),
    ("a.xlsx", book("<worksheet/>", **{"C:\\x": "x"}), "a name that leads elsewhere"),
    (
        "a.xlsx",
        book("<worksheet/>", **{f"n{number}": "" for number in range(600)}),
        "603 files; 500 are the most",
    ),
    ("a.xlsx", book(" " * 30_000_000), "unpacks to far more than it is packed in"),
    ("a.xlsx", claiming(4_000_000_000), "The archive unpacks to 4,000,000"),
    ("a.xlsx", book(LAUGHS + "<worksheet>&l8;</worksheet>"), "The sheet has a document type (DTD)"),
    ("a.xlsx", packed_otherwise(), "packed by another method than Deflate"),
    (
        "a.xlsx",
        book('<worksheet><row><c t="s"><v>' + "9" * 5_000 + "</v></c></row></worksheet>"),
        "a text that is not there",
    ),
    ("a.xlsx", book("<worksheet/>") + b"PK\x01\x02" * 60_000, "The archive has too many files"),
    ("a.xlsx", book("<worksheet>" * 60), "nested deeper than 50 elements"),
    ("a.xlsx", book('<worksheet><row><c t="s"><v>7</v></c></row></worksheet>'), "a text that is not there"),
    ("a.xlsx", book('<worksheet><row><c r="ZZZ1"><v>7</v></c></row></worksheet>'), "more than 1,000 columns"),
]
SCHEDULES: list[tuple[str, bytes, str]] = [
    ("a.xml", XML.format(LAUGHS, "&l8;").encode(), "The file has a document type (DTD), which is not taken."),
    ("a.xml", XML.format(FILES, "&x;").encode(), "The file has a document type (DTD), which is not taken."),
    (
        "a.xml",
        XML.format("", "&unknown;").encode(),
        "The file is no well-formed XML: undefined entity, line 1.",
    ),
    ("a.xml", b"<a>" * 100, "nested deeper than 50 elements"),
    ("a.xml", b"<a>" + b"<b/>" * 310_000 + b"</a>", "has too many elements"),
    ("a.xml", b"<a>" + b"x" * 1_100_000 + b"</a>", "a text of more than 1,000,000 characters"),
    ("a.xml", b'<?xml version="1.0" encoding="x-made-up"?><schedule/>', "in an encoding that is not taken"),
    ("a.json", b"[" * 100_000, "This is no schedule.xml"),
    ("a.json", b'{"schedule": ' + b"[" * 100_000, "The file is nested too deeply."),
    ("a.json", b'{"schedule": ' + b"1" * 5_000 + b"}", "The file is no JSON: a number has too many digits."),
    ("a.json", b'{"schedule": {"conference": {"days": [{"rooms": []}]}}}', "A day has rooms"),
    ("a.ics", b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 5_001, "more than 5,000 entries"),
    ("a.ics", b"BEGIN:VCALENDAR\r\nA" + b";a=b,c" * 200_000, "A line of the calendar is too long."),
    ("a.ics", b"BEGIN:VCALENDAR\r\nA:" + b"\r\n c" * 600_000, "A line of the calendar is too long."),
    ("a.ics", b"BEGIN:VCALENDAR\r\nBEGIN:A\r\nBEGIN:B\r\nBEGIN:C\r\n", "The calendar is nested too deeply."),
    (
        "a.json",
        b'{"schedule": {"conference": {"title": "\\ud800", "days": []}}}',
        "a character that cannot be stored",
    ),
    ("a.json", of_room("r" * 1_001), "A room's name has 1000 characters at most."),
    ("a.json", of_room("r", "a" * 501), "The acronym of the schedule has 500 characters at most."),
    ("a.ics", b"BEGIN:VCALENDAR\r\nnonsense\r\n", "a line is no property with a value"),
]


@pytest.mark.parametrize(("kind", "files"), [("speakers", TABLES), ("schedule", SCHEDULES)])
def test_what_is_out_of_bounds_is_refused_with_a_reason(
    place: Place, kind: str, files: list[tuple[str, bytes, str]]
) -> None:
    for name, content, reason in files:
        reply = place.send(kind, name, content)
        if not content:
            assert (reply.status, reply.errors[0]["source"]) == (422, {"pointer": "/file"})
            continue
        told = place.ended(reply)
        assert told["state"] == "FAILURE", (name, content[:80])
        assert reason in told["result"]["reason"], told["result"]["reason"]
    assert place.database.one(_SPEAKERS, id=place.event.id) == 0


def test_the_most_rows_are_taken_but_one(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    assert place.imported("speakers", "a.csv", "Name\nA\nB\n\nC\n") == {"speaker": {"made": 3}}
    told = place.report("speakers", "a.csv", "Name\nD\nE\n\nF\nG\n")
    assert (told["state"], told["result"]["row"]) == ("FAILURE", 6)


def test_requests_are_refused_where_they_are_wrong(place: Place, client: Client) -> None:
    content = "Name\nA\n"
    address = f"/v1/events/{place.event.id}/import"
    stranger = client.signed_in_as(place.helper("track_organizer"))
    for asking, path, name, status in [
        (client, f"{address}/speakers", "a.csv", 401),
        (stranger, f"{address}/speakers", "a.csv", 403),
        (place.asking, f"{address}/orders", "a.csv", 404),
        (place.asking, "/v1/events/99999/import/speakers", "a.csv", 404),
        (place.asking, f"{address}/speakers", "a.exe", 422),
        (place.asking, f"{address}/speakers?dry_run=perhaps", "a.csv", 400),
        (place.asking, f"{address}/speakers?file=f0f2a1a8-6f0c-4d3c-9d2a-4a1f5e7b9c11", "a.csv", 400),
        (place.asking, f"{address}/speakers?filter=[]", "a.csv", 400),
        (place.asking, f"{address}/speakers?dryrun=true", "a.csv", 400),
        (place.asking, f"{address}/schedule?dry-run=true", "a.xml", 400),
        (place.asking, "/v1/events/import/ical?dry_runs=true", "a.ics", 400),
        (place.asking, "/v1/events/import/json?dryrun=true", "a.zip", 400),
        (place.asking, f"{address}/archive?Dry_run=true", "a.zip", 400),
        (place.asking, "/v1/events/import/json5", "a.csv", 404),
    ]:
        assert send_file(asking, path, name, content).status == status, (path, name)
    for old, name, body, detail in [
        ("ical", "a.ics", b"", "File not found"),
        ("ical", "a.xml", b"x", "Invalid file type"),
        ("pentabarf", "a.ICS", b"x", "Invalid file type"),
    ]:
        reply = send_file(place.asking, f"/v1/events/import/{old}", name, body)
        assert (reply.status, reply.errors[0]["detail"]) == (404, detail)
    assert place.asking.post(f"{address}/speakers", {"a": 1}).status == 415
    assert place.asking.post(f"{address}/speakers?file=../../x").status == 404


def test_a_file_takes_nothing_that_a_client_could_not_send(place: Place, client: Client) -> None:
    other = stored(make_speaker, name="Theirs", email="theirs@example.org")
    unknown = "id,event-id,user-id,deleted-at,Name\n1,2,3,2031-01-01,A\n"
    told = place.report("speakers", "a.csv", unknown)
    assert told["result"]["reason"].startswith(
        "These columns are not known: id, event-id, user-id, deleted-at."
    )
    assert place.imported("speakers", "a.csv", "Name,Email\nMine,theirs@example.org\n") == {
        "speaker": {"made": 1}
    }
    assert place.database.one("SELECT name FROM speakers WHERE id = :id", id=other.id) == "Theirs"
    helper = client.signed_in_as(place.helper("coorganizer"))
    told = place.report("speakers", "a.csv", "Name,Email\nB,b@example.org\n", asking=helper)
    assert [(entry["column"], entry["detail"]) for entry in told["result"]["entries"]] == [
        ("Email", "Only owner and organizers give a speaker an address that is not their own.")
    ]
    assert place.database.one(_SPEAKERS, id=place.event.id) == 1
    named = "Session Title,Speakers,Speaker Emails\nT,Bea,b@example.org\n"
    person = {"name": "Bea", "email": "b@example.org"}
    programme = json.loads(of_room("r"))
    programme["schedule"]["conference"]["days"][0]["rooms"]["r"][0]["persons"] = [person]
    for kind, name, content in [
        ("sessions", "a.csv", named),
        ("schedule", "a.json", json.dumps(programme)),
    ]:
        told = place.report(kind, name, content, asking=helper, create_missing="true")
        assert told["state"] == "FAILURE"
        details = [entry["detail"] for entry in told["result"]["entries"] if entry["action"] == "refused"]
        assert details == ["Only owner and organizers give a speaker an address that is not their own."], kind
    assert place.database.one(_SPEAKERS, id=place.event.id) == 1
    told = place.report("speakers", "a.csv", "Name,Email,is-email-overridden\nC,,yes\n", asking=helper)
    assert told["state"] == "FAILURE"
    talks = {
        "schedule": {
            "conference": {
                "acronym": "x",
                "title": "X",
                "days": [
                    {
                        "date": "2031-07-01",
                        "rooms": {
                            "": [
                                {
                                    "guid": f"{other.id}",
                                    "title": "T",
                                    "start": "10:00",
                                    "duration": "00:30",
                                    "is_locked": True,
                                    "event_id": other.event_id,
                                    "persons": [{"id": other.id, "name": "Theirs"}],
                                }
                            ]
                        },
                    }
                ],
            }
        }
    }
    counts = place.imported("schedule", "a.json", json.dumps(talks), create_missing="true")
    assert counts == {"speaker": {"made": 1}, "session": {"made": 1}}
    row = place.database.rows("SELECT * FROM sessions ORDER BY id DESC LIMIT 1")[0]
    assert (row["event_id"], row["is_locked"], row["creator_id"]) == (place.event.id, False, place.owner.id)


def test_a_file_is_for_who_has_sent_it(place: Place, client: Client, pump: Pump) -> None:
    """A larger file comes by a presigned POST."""
    opened = place.asking.post("/v1/import-files").json
    assert _posted(opened["form"], b"Name\nLarge\n") == 204
    address = f"/v1/events/{place.event.id}/import/speakers?file={opened['file']}"
    helper = client.signed_in_as(place.helper("organizer"))
    told = place.ended(helper.post(address), helper)
    assert (told["state"], told["result"]["reason"]) == (
        "FAILURE",
        "There is no such file of yours (any more): send it again.",
    )
    assert place.ended(place.asking.post(address))["result"]["counts"]["speaker"]["made"] == 1
    task = place.asking.post(address).json["task_url"]
    pump.everything()
    assert helper.get(task).status == 404


def _posted(form: Any, content: bytes) -> int:
    from urllib.request import Request, urlopen

    line = "a-line"
    parts = [
        f'--{line}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in form["fields"].items()
    ]
    parts.append(f'--{line}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n')
    body = "".join(parts).encode() + content + f"\r\n--{line}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={line}"}
    with urlopen(Request(form["url"], body, headers, method="POST")) as answer:
        status: int = answer.status
        return status
