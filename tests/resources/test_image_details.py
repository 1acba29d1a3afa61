"""What is known of a picture before it has come: in the upload's document, and in that of whatever shows it."""

import io
import re
from typing import Any

import pytest
from PIL import Image

from chalicelib import db
from chalicelib.resources.events.custom_placeholder import CustomPlaceholder
from chalicelib.resources.programme.speaker import Speaker
from chalicelib.uploads import arrival
from tests.factories import stored
from tests.factories.sponsor import make_sponsor
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.pump import Pump
from tests.support.statements import counted_statements
from tests.uploads import samples
from tests.uploads.conftest import Organizer, make_event, make_user, organizer
from tests.uploads.contents import CONTENTS
from tests.uploads.news import news_of

__all__ = ["organizer"]

BLURHASH = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{28}")


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The image as a file."""
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def details_of(organizer: Organizer, path: str | None = None) -> Any:
    """The attribute image-details as the organizer gets it."""
    path = path or f"/v1/events/{organizer.event.id}"
    return organizer.client.get(path).data["attributes"]["image-details"]


def test_an_event_tells_the_size_and_the_placeholder_of_each_of_its_pictures(
    organizer: Organizer, pump: Pump
) -> None:
    assert details_of(organizer) is None
    id = organizer.upload(samples.image("PNG", (1600, 800)), "event.original-image-url")
    assert organizer.outcome(id)["image-details"] == {}
    pump.everything()

    details = details_of(organizer)
    assert details == organizer.outcome(id)["image-details"]
    assert {name: (value["width"], value["height"]) for name, value in details.items()} == {
        "original-image-url": (1600, 800),
        "large-image-url": (1300, 650),
        "thumbnail-image-url": (500, 250),
        "icon-image-url": (75, 38),
    }
    placeholders = {detail["placeholder"] for detail in details.values()}
    assert len(placeholders) == 1
    assert BLURHASH.fullmatch(placeholders.pop())


def test_a_logo_without_smaller_copies_has_details_too_and_takes_nothing_from_the_picture(
    organizer: Organizer, pump: Pump
) -> None:
    organizer.upload(samples.image("PNG", (800, 400)), "event.original-image-url")
    organizer.upload(samples.image("WEBP", (30, 60)), "event.logo-url")
    pump.everything()

    details = details_of(organizer)
    assert len(details) == 5
    assert (details["logo-url"]["width"], details["logo-url"]["height"]) == (30, 60)
    assert details["original-image-url"]["width"] == 800


@pytest.mark.parametrize(
    ("slot", "make", "names"),
    [
        (
            "user.avatar-url",
            lambda organizer: organizer.user,
            ["avatar-url", "icon-image-url", "original-image-url", "small-image-url", "thumbnail-image-url"],
        ),
        (
            "speaker.photo-url",
            lambda organizer: _added(Speaker(name="Ada", email="a@example.org", event_id=organizer.event.id)),
            ["icon-image-url", "photo-url", "small-image-url", "thumbnail-image-url"],
        ),
        (
            "sponsor.logo-url",
            lambda organizer: stored(make_sponsor, event=organizer.event),
            ["logo-url"],
        ),
    ],
)
def test_people_and_sponsors_tell_it_as_well(
    organizer: Organizer, pump: Pump, slot: str, make: Any, names: list[str]
) -> None:
    owner = make(organizer)
    organizer.upload(samples.image("JPEG", (600, 600)), slot, str(owner.id))
    pump.everything()

    assert sorted(details_of(organizer, f"/v1/{slot.partition('.')[0]}s/{owner.id}")) == names


def _added(row: Any) -> Any:
    with db.transaction() as session:
        session.add(row)
    return row


def test_details_go_with_their_picture_and_stay_with_the_others(organizer: Organizer, pump: Pump) -> None:
    organizer.upload(samples.image("PNG", (100, 100)), "event.original-image-url")
    organizer.upload(samples.image("PNG", (50, 50)), "event.logo-url")
    pump.everything()
    address, logo = f"/v1/events/{organizer.event.id}", details_of(organizer)["logo-url"]

    change = {"original-image-url": "https://example.org/mine.png", "name": "Coffee"}
    answer = organizer.client.patch(address, document("event", change, id=organizer.event.id))
    assert "original-image-url" not in answer.data["attributes"]["image-details"]
    assert answer.data["attributes"]["image-details"]["logo-url"] == logo
    answer = organizer.client.patch(address, document("event", {"logo-url": None}, id=organizer.event.id))
    assert "logo-url" not in answer.data["attributes"]["image-details"]


def test_an_unchanged_address_keeps_its_details_and_nobody_writes_them(
    organizer: Organizer, pump: Pump, database: TestDatabase
) -> None:
    organizer.upload(samples.image("PNG", (50, 50)), "event.logo-url")
    pump.everything()
    before = details_of(organizer)
    url = database.one("SELECT logo_url FROM events")

    change = document("event", {"logo-url": url, "image-details": {"logo-url": {}}}, id=organizer.event.id)
    assert organizer.client.patch(f"/v1/events/{organizer.event.id}", change).status == 200
    assert details_of(organizer) == before


def test_the_last_details_that_go_leave_null(
    organizer: Organizer, pump: Pump, database: TestDatabase
) -> None:
    organizer.upload(samples.image("PNG", (50, 50)), "event.logo-url")
    pump.everything()
    change = document("event", {"logo-url": None}, id=organizer.event.id)
    organizer.client.patch(f"/v1/events/{organizer.event.id}", change)

    assert database.one("SELECT image_details IS NULL FROM events")


def test_between_two_pictures_there_are_no_details_of_the_former(organizer: Organizer, pump: Pump) -> None:
    organizer.upload(samples.image("PNG", (50, 50)), "event.logo-url")
    pump.everything()
    id = organizer.upload(samples.image("PNG", (80, 20)), "event.logo-url")
    arrival.receive(news_of(f"incoming/{id}"))

    assert details_of(organizer) is None, "the new one is there but not looked at yet"
    pump.everything()
    assert details_of(organizer)["logo-url"]["width"] == 80


def test_a_list_tells_it_in_one_statement_however_many_there_are(
    organizer: Organizer, pump: Pump, monkeypatch: pytest.MonkeyPatch
) -> None:
    for width in (40, 80):
        event = make_event(organizer.user)
        organizer.upload(samples.image("PNG", (width, 20)), "event.logo-url", str(event.id))
    pump.everything()
    address = "/v1/events?sort=id&fields[event]="
    organizer.client.get(f"{address}name")  # whatever is asked the first time only

    with counted_statements(monkeypatch) as with_details:
        reply = organizer.client.get(f"{address}name,image-details")
    with counted_statements(monkeypatch) as without:
        organizer.client.get(f"{address}name")

    found = [resource["attributes"]["image-details"] for resource in reply.json["data"]]
    assert [item and item["logo-url"]["width"] for item in found] == [None, 40, 80]
    assert len(with_details) == len(without)


def test_a_photo_taken_sideways_is_as_wide_as_people_see_it(organizer: Organizer, pump: Pump) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    sideways = Image.new("RGB", (400, 200), "blue")
    sideways.paste("red", (0, 0, 200, 200))  # upright, red is above
    organizer.upload(encoded(sideways, "JPEG", exif=exif), "event.original-image-url")
    pump.everything()

    details = details_of(organizer)
    assert {(detail["width"], detail["height"]) for detail in details.values()} == {(200, 400), (75, 150)}
    upright = Image.new("RGB", (200, 400), "blue")
    upright.paste("red", (0, 0, 200, 200))
    id = organizer.upload(encoded(upright, "JPEG"), "event.original-image-url")
    pump.everything()
    again = organizer.outcome(id)["image-details"]
    assert again["icon-image-url"]["placeholder"] == details["icon-image-url"]["placeholder"]


def test_the_placeholder_of_what_is_transparent_is_white_as_the_copies_are(
    organizer: Organizer, pump: Pump
) -> None:
    clear = encoded(Image.new("RGBA", (200, 200), (0, 0, 0, 0)), "PNG")
    white = encoded(Image.new("RGB", (200, 200), "white"), "PNG")
    ids = [organizer.upload(item, "event.logo-url") for item in (clear, white)]
    pump.everything()

    one, other = (organizer.outcome(id)["image-details"]["logo-url"] for id in ids)
    assert one == other


@pytest.mark.parametrize("kind", ["moving gif", "moving webp", "moving png"])
def test_of_a_moving_picture_the_first_frame_counts(organizer: Organizer, pump: Pump, kind: str) -> None:
    red = encoded(Image.new("RGB", (64, 32), "red"), "PNG")
    ids = [organizer.upload(item, "event.logo-url") for item in (CONTENTS[kind].make(), red)]
    pump.everything()

    moving, still = (organizer.outcome(id)["image-details"]["logo-url"] for id in ids)
    assert moving == still


def test_files_that_are_no_pictures_have_none(organizer: Organizer, pump: Pump) -> None:
    exhibitor = organizer.client.post(
        "/v1/exhibitors", document("exhibitor", {"name": "A"}, event=("event", organizer.event))
    ).data
    id = organizer.upload(samples.PDF, "exhibitor.slides-url", exhibitor["id"])
    pump.everything()

    assert organizer.outcome(id)["state"] == "ready"
    assert organizer.outcome(id)["image-details"] == {}


@pytest.mark.parametrize("slot", ["event.logo-url", "event.original-image-url"])
def test_a_file_that_turns_out_to_be_no_picture_leaves_the_former_one_in_place(
    organizer: Organizer, pump: Pump, database: TestDatabase, slot: str
) -> None:
    good = organizer.upload(samples.image("PNG", (50, 50)), slot)
    pump.everything()
    before = database.rows("SELECT * FROM events")
    bad = organizer.upload(b"GIF89a<script>alert(1)</script>", slot)
    pump.everything()

    assert organizer.outcome(bad)["state"] == "refused"
    assert database.rows("SELECT * FROM events") == before
    assert good in str(before)


def test_two_files_that_turn_out_to_be_none_leave_what_was_there_before_both(
    organizer: Organizer, pump: Pump, database: TestDatabase
) -> None:
    good = organizer.upload(samples.image("PNG", (50, 50)))
    pump.everything()
    for _ in range(2):  # both have arrived before either is drawn
        id = organizer.upload(b"GIF89a<script>alert(1)</script>")
        arrival.receive(news_of(f"incoming/{id}"))
    pump.everything()

    assert good in database.one("SELECT logo_url FROM events")
    assert details_of(organizer)["logo-url"]["width"] == 50


def test_a_picture_that_must_not_be_missing_is_not_lost_to_a_broken_one(
    organizer: Organizer, pump: Pump, database: TestDatabase
) -> None:
    staff = make_user(is_admin=True)
    them = Organizer(organizer.client.signed_in_as(staff), staff, organizer.event)
    row = _added(CustomPlaceholder(name="Tea", original_image_url="https://example.org/a.png"))
    id = them.upload(b"GIF89a...", "custom-placeholder.original-image-url", str(row.id))
    pump.everything()

    assert them.outcome(id)["state"] == "refused"
    assert database.one("SELECT original_image_url FROM custom_placeholders") == "https://example.org/a.png"
    assert sum(pump.waiting().values()) == 0


def test_a_copied_event_has_the_same_pictures_and_knows_as_much_of_them(
    organizer: Organizer, pump: Pump
) -> None:
    organizer.upload(samples.image("PNG", (50, 50)), "event.logo-url")
    pump.everything()
    copy = organizer.client.post(f"/v1/events/{organizer.event.id}/copy", {}).json

    assert details_of(organizer, f"/v1/events/{copy['id']}") == details_of(organizer)
