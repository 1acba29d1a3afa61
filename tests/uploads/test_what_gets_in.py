"""Slot by claimed name by true content: what is taken, as what it is served, and why the rest is not.

Everything goes the way of a real file: form, bucket, news, libmagic on a range, the drawing of pictures.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Final

import pytest

from chalicelib import aws
from chalicelib.settings import settings
from chalicelib.uploads import sniff
from chalicelib.uploads.slots import SLOTS
from devstack import media
from tests.support.databases import TestDatabase
from tests.support.pump import Pump
from tests.uploads.conftest import Organizer, post_form, stored
from tests.uploads.contents import CONTENTS, DOCX, ODP, ODT, PPTX, Content

IMAGES: Final = {"image/gif", "image/jpeg", "image/png", "image/webp"}
# What each kind of slot takes. The two of images differ: only one has renditions.
TAKES: Final[Mapping[str, set[str]]] = {
    "event.logo-url": IMAGES,
    "event.original-image-url": IMAGES,
    "session.slides-url": {"application/pdf", DOCX, ODP, ODT, PPTX},
    "session.video-url": {"video/mp4", "video/ogg", "video/quicktime", "video/webm", "video/x-m4v"},
    "session.audio-url": {
        *("audio/flac", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/x-m4a", "audio/x-wav"),
    },
}
# What people call their files, each the truth about some contents and a lie about the others.
NAMES: Final = ("logo.png", "page.html", "image.svg", "run.exe", "talk.pdf", "film.mp4", "no extension")
# Types with which browsers run what is in a file, or guess for themselves.
RUN_BY_BROWSERS: Final = re.compile(r"^text/|html|/xml$|\+xml$|script|octet-stream")


@dataclass(frozen=True)
class Verdict:
    """What became of a file: its type when it was taken, else the reason."""

    type: str | None
    reason: str | None


def expected(slot: str, content: Content) -> Verdict:
    """What the tables above say."""
    if not content.make():
        return Verdict(None, "The file is empty.")
    if content.type not in TAKES[slot]:
        kinds = ", ".join(sorted(TAKES[slot]))
        return Verdict(None, f"The file is {content.type}; {slot} takes {kinds}.")
    if not content.is_drawable:
        return Verdict(None, "The image cannot be used: the file is damaged or no image.")
    return Verdict(content.type, None)


@pytest.fixture
def owners(organizer: Organizer, talk_id: str) -> Mapping[str, str]:
    """The ids of the things that files are sent for, by noun."""
    return {"event": str(organizer.event.id), "session": talk_id}


def send(organizer: Organizer, slot: str, owner_id: str, name: str, content: bytes) -> str:
    """Ask for a form and fill it in; the upload's id."""
    reply = organizer.ask(slot, owner_id, **{"file-name": name})
    assert reply.status == 201, reply.text
    assert post_form(reply.data["attributes"]["form"], content, name) in {200, 204}
    return str(reply.data["id"])


def verdict(outcome: Mapping[str, Any]) -> Verdict:
    """What an upload's attributes tell."""
    if outcome["state"] == "ready":
        return Verdict(outcome["mime-type"], None)
    return Verdict(None, outcome["reason"])


@pytest.mark.parametrize("slot", TAKES)
def test_each_slot_takes_what_it_shows_and_refuses_the_rest_with_the_reason(
    organizer: Organizer, owners: Mapping[str, str], pump: Pump, database: TestDatabase, slot: str
) -> None:
    first = list(TAKES).index(slot)  # so that a content has another name in each slot
    names = cycle(NAMES[first:] + NAMES[:first])
    owner = owners[slot.partition(".")[0]]
    sent = {
        title: send(organizer, slot, owner, next(names), content.make())
        for title, content in CONTENTS.items()
    }
    pump.everything()

    outcomes = {title: organizer.outcome(id) for title, id in sent.items()}

    assert {title: verdict(value) for title, value in outcomes.items()} == {
        title: expected(slot, content) for title, content in CONTENTS.items()
    }
    assert stored("incoming/") == []
    published = {title: value["url"] for title, value in outcomes.items() if value["state"] == "ready"}
    accepted = {sent[title] for title in published}
    assert {key.rpartition("/")[2][:36] for key in stored("media/")} == accepted
    table, column = slot.replace("-", "_").split(".")
    assert database.one(f"SELECT {column} FROM {table}s") in published.values()
    for title, url in published.items():
        _is_served_as_it_is(url, CONTENTS[title].type)


def _is_served_as_it_is(url: str, kind: str) -> None:
    """By the content delivery network, as the local one shows it."""
    answer = media.serve(url.removeprefix("https://media.example.org/"), "GET", {})
    headers = dict(answer.headers)
    assert answer.status == 200
    assert headers["Content-Type"] == kind
    assert headers["X-Content-Type-Options"] == "nosniff"
    saved = "vnd." in kind  # office files; all else is shown by something that runs nothing
    assert headers["Content-Disposition"].partition(";")[0] == ("attachment" if saved else "inline")
    assert url.endswith(f".{sniff.EXTENSIONS[kind]}")
    assert headers["Content-Disposition"].endswith(f".{sniff.EXTENSIONS[kind]}")


@pytest.mark.parametrize("content", ["png", "svg", "html", "gif and script"])
def test_the_claimed_name_changes_nothing(
    organizer: Organizer, owners: Mapping[str, str], pump: Pump, content: str
) -> None:
    found = CONTENTS[content]
    sent = [send(organizer, "event.logo-url", owners["event"], name, found.make()) for name in NAMES]
    pump.everything()

    told = {verdict(organizer.outcome(id)) for id in sent}
    assert told == {expected("event.logo-url", found)}


def test_what_a_client_says_about_the_bytes_is_forgotten(organizer: Organizer, pump: Pump) -> None:
    id = str(organizer.ask().data["id"])
    aws.s3().put_object(
        Bucket=settings().bucket,
        Key=f"incoming/{id}",
        Body=CONTENTS["png and page"].make(),
        ContentType="text/html",
        ContentDisposition="inline; filename=a.html",
        ContentEncoding="gzip",
        CacheControl="no-store",
        Metadata={"evil": "yes"},
    )
    pump.everything()

    key = organizer.outcome(id)["url"].removeprefix("https://media.example.org/")
    kept = aws.s3().head_object(Bucket=settings().bucket, Key=key)
    assert kept["ContentType"] == "image/png"
    assert kept["ContentDisposition"] == "inline; filename*=UTF-8''logo.png"
    assert kept["CacheControl"] == "public, max-age=31536000, immutable"
    assert kept["Metadata"] == {}
    assert "ContentEncoding" not in kept


def test_every_slot_is_of_a_kind_that_the_table_has_and_takes_nothing_that_runs() -> None:
    import chalicelib.entrypoints  # noqa: F401 - declares the slots

    assert {frozenset(slot.kinds) for slot in SLOTS.values()} == set(map(frozenset, TAKES.values()))
    served = {kind for slot in SLOTS.values() for kind in slot.kinds}
    assert [kind for kind in served if RUN_BY_BROWSERS.search(kind)] == []
    told = {content.type for content in CONTENTS.values()}
    assert served - told <= {"audio/mp4"}, "the table has a content of every kind that is served"


def test_every_slot_of_pictures_has_room_for_their_details() -> None:
    import chalicelib.entrypoints  # noqa: F401 - declares the slots

    # Backgrounds, which pages do not lay out: the upload alone tells their sizes.
    backgrounds = {
        *("badge-form.badge-image-url", "badge-form.image-url"),
        *("video-stream.bg-img-url", "event-topic.system-image-url"),
    }
    pictured = {slot.name for slot in SLOTS.values() if slot.is_for_pictures} - backgrounds
    roomy = {name for name, slot in SLOTS.items() if "image_details" in slot.model.__table__.columns}
    assert pictured <= roomy
    assert len(pictured) >= 11
