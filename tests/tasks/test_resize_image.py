"""After an upload an image is there in all the sizes in which it is shown, as JPEG."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from chalicelib import aws, db
from chalicelib.resources.programme.speaker import Speaker
from chalicelib.settings import settings
from chalicelib.tasks import RetryLater, resize_image
from chalicelib.uploads import arrival
from tests.support.databases import TestDatabase
from tests.support.pump import Pump
from tests.uploads import samples
from tests.uploads.conftest import Organizer, organizer, stored
from tests.uploads.news import news_of

__all__ = ["organizer"]

COLUMNS = "large_image_url, thumbnail_image_url, icon_image_url"


def picture_at(url: str) -> tuple[Any, Image.Image]:
    """The stored object behind an address, and the image in it."""
    thing = aws.s3().get_object(Bucket=settings().bucket, Key=url.removeprefix("https://media.example.org/"))
    return thing, Image.open(io.BytesIO(thing["Body"].read()))


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The image as a file."""
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def test_an_event_s_image_gets_its_three_sizes(
    organizer: Organizer, pump: Pump, database: TestDatabase
) -> None:
    id = organizer.upload(samples.image("PNG", size=(1600, 800)), "event.original-image-url")
    pump.everything()

    row = database.rows(f"SELECT {COLUMNS} FROM events")[0]
    sizes = {}
    for column, url in row.items():
        thing, picture = picture_at(url)
        sizes[column] = picture.size
        assert picture.format == "JPEG"
        assert thing["ContentType"] == "image/jpeg"
        assert thing["CacheControl"] == "public, max-age=31536000, immutable"
    assert sizes == {
        "large_image_url": (1300, 650),
        "thumbnail_image_url": (500, 250),
        "icon_image_url": (75, 38),
    }
    assert organizer.outcome(id)["renditions"] == {name.replace("_", "-"): url for name, url in row.items()}


def test_a_speaker_s_photo_gets_the_sizes_of_persons(
    organizer: Organizer, pump: Pump, database: TestDatabase
) -> None:
    with db.transaction() as session:
        speaker = Speaker(name="Ada", email="ada@example.org", event_id=organizer.event.id)
        session.add(speaker)
    organizer.upload(samples.image("JPEG", size=(1000, 1000)), "speaker.photo-url", str(speaker.id))
    pump.everything()

    row = database.rows("SELECT thumbnail_image_url, small_image_url, icon_image_url FROM speakers")[0]
    assert [picture_at(url)[1].width for url in row.values()] == [500, 50, 35]


def test_a_user_s_small_image_is_the_thumbnail(
    organizer: Organizer, pump: Pump, database: TestDatabase
) -> None:
    organizer.upload(samples.image("PNG", size=(1000, 500)), "user.avatar-url", str(organizer.user.id))
    pump.everything()

    row = database.rows("SELECT thumbnail_image_url, small_image_url, icon_image_url FROM users")[0]
    assert row["small_image_url"] == row["thumbnail_image_url"]
    assert [picture_at(url)[1].size for url in row.values()] == [(500, 250), (500, 250), (35, 18)]


def test_a_small_image_is_not_blown_up(organizer: Organizer, pump: Pump, database: TestDatabase) -> None:
    organizer.upload(samples.image("PNG", size=(60, 30)), "event.original-image-url")
    pump.everything()

    row = database.rows(f"SELECT {COLUMNS} FROM events")[0]
    assert {picture_at(url)[1].size for url in row.values()} == {(60, 30)}


def test_what_was_transparent_becomes_white(organizer: Organizer, pump: Pump, database: TestDatabase) -> None:
    clear = encoded(Image.new("RGBA", (200, 200), (255, 0, 0, 0)), "PNG")
    organizer.upload(clear, "event.original-image-url")
    pump.everything()

    picture = picture_at(database.one("SELECT large_image_url FROM events"))[1]
    assert picture.getpixel((100, 100)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_any_kind_of_png_can_be_drawn(
    organizer: Organizer, pump: Pump, database: TestDatabase, mode: str
) -> None:
    organizer.upload(encoded(Image.new(mode, (200, 100)), "PNG"), "event.original-image-url")
    pump.everything()

    assert picture_at(database.one("SELECT large_image_url FROM events"))[1].mode == "RGB"


def test_an_image_in_print_colours_and_a_moving_one_can_be_drawn(
    organizer: Organizer, pump: Pump, database: TestDatabase
) -> None:
    frames = [Image.new("P", (200, 100), shade) for shade in range(3)]
    moving = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    for content in (encoded(Image.new("CMYK", (200, 100)), "JPEG"), moving):
        id = organizer.upload(content, "event.original-image-url")
        pump.everything()
        assert id in database.one("SELECT large_image_url FROM events")


def test_a_photo_taken_sideways_is_turned_upright(
    organizer: Organizer, pump: Pump, database: TestDatabase
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn by 90 degrees", as a telephone held upright writes it
    sideways = encoded(Image.new("RGB", (400, 200)), "JPEG", exif=exif)
    organizer.upload(sideways, "event.original-image-url")
    pump.everything()

    assert picture_at(database.one("SELECT large_image_url FROM events"))[1].size == (200, 400)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: samples.image("PNG")[:5000], "the file is damaged or no image"),
        (lambda: samples.image("JPEG")[:600], "the file is damaged or no image"),
        (lambda: b"GIF89a<script>alert(1)</script>", "the file is damaged or no image"),
        (lambda: encoded(Image.new("1", (8000, 8000)), "PNG"), "8000 x 8000 pixels are too many"),
        (lambda: encoded(Image.new("1", (40_000, 1)), "PNG"), "40000 x 1 pixels are too many"),
        (lambda: encoded(Image.new("1", (20_000, 20_000)), "PNG"), "the file is damaged or no image"),
    ],
    ids=["cut PNG", "cut JPEG", "script", "many pixels", "long side", "bomb"],
)
def test_an_image_that_cannot_be_drawn_is_refused_after_all_and_no_dead_letter(
    organizer: Organizer, pump: Pump, database: TestDatabase, make: Callable[[], bytes], reason: str
) -> None:
    id = organizer.upload(make(), "event.original-image-url")
    pump.everything()

    outcome = organizer.outcome(id)
    assert (outcome["state"], outcome["url"]) == ("refused", None)
    assert outcome["reason"] == f"The image cannot be used: {reason}."
    assert database.one("SELECT original_image_url FROM events") is None
    assert stored() == []
    assert sum(pump.waiting().values()) == 0


def test_renditions_of_an_image_that_was_replaced_meanwhile_are_not_set(
    organizer: Organizer, pump: Pump, database: TestDatabase
) -> None:
    ids = [organizer.upload(samples.image(kind), "event.original-image-url") for kind in ("PNG", "JPEG")]
    for id in ids:
        arrival.receive(news_of(f"incoming/{id}"))
    rows = database.rows("SELECT id FROM uploads ORDER BY id DESC")
    for row in rows:  # the later one first: a queue does not keep the order
        with db.transaction() as session:
            resize_image.resize_image(session, upload_id=row["id"])

    addresses = database.rows(f"SELECT {COLUMNS} FROM events")[0]
    assert all(ids[1] in url for url in addresses.values())


def test_an_upload_that_is_not_there_yet_is_waited_for(database: TestDatabase) -> None:
    with db.transaction() as session, pytest.raises(RetryLater):
        resize_image.resize_image(session, upload_id=5)


def test_pillow_is_not_imported_with_the_task() -> None:
    import subprocess
    import sys

    code = "import sys, app; print(*({'PIL', 'boto3', 'magic'} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == []
