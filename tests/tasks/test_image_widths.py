"""Staff decides how large pictures are shown."""

import pytest

from chalicelib import db, entrypoints  # noqa: F401 - the door declares the slots
from chalicelib.tasks.image_widths import widths_of
from chalicelib.uploads.slots import SLOTS
from tests.support.databases import TestDatabase

PEOPLE = {"thumbnail_image_url": 500, "small_image_url": 50, "icon_image_url": 35}


@pytest.mark.parametrize(
    ("slot", "widths"),
    [
        (
            "event.original-image-url",
            {"large_image_url": 1300, "thumbnail_image_url": 500, "icon_image_url": 75},
        ),
        ("speaker.photo-url", PEOPLE),
        ("user.avatar-url", {**PEOPLE, "small_image_url": 500}),
        ("profile.avatar-url", {"thumbnail_image_url": 500, "icon_image_url": 35}),
        ("group.banner-url", {"thumbnail_image_url": 500}),
        ("event.logo-url", {}),
    ],
)
def test_what_the_migration_sets_is_what_the_slots_say(
    database: TestDatabase, slot: str, widths: dict[str, int]
) -> None:
    with db.transaction() as session:
        assert widths_of(session, SLOTS[slot]) == widths


def test_staff_sets_other_widths_and_none_means_the_usual(database: TestDatabase) -> None:
    database.run("UPDATE event_image_sizes SET full_width = 1600, icon_width = NULL, thumbnail_width = 0")
    with db.transaction() as session:
        found = widths_of(session, SLOTS["event.original-image-url"])
    assert found == {"large_image_url": 1600, "thumbnail_image_url": 500, "icon_image_url": 75}
