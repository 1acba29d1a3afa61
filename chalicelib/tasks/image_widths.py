"""Widths of image renditions: as set by staff, else as the slot declares."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib.resources.admin.event_image_size import EventImageSize
from chalicelib.resources.admin.speaker_image_size import SpeakerImageSize
from chalicelib.uploads.slots import Slot


def widths_of(session: Session, slot: Slot) -> dict[str, int]:
    """The width in pixels (1 or more) of each rendition, by column."""
    set_by_staff = _widths_set(session, slot.noun)
    return {
        rendition.attribute: set_by_staff.get(rendition.attribute) or rendition.width
        for rendition in slot.renditions
    }


def _widths_set(session: Session, noun: str) -> dict[str, int | None]:
    if noun == "event":
        sizes = session.scalars(select(EventImageSize)).first()
        return (
            {}
            if sizes is None
            else {
                "large_image_url": sizes.full_width,
                "thumbnail_image_url": sizes.thumbnail_width,
                "icon_image_url": sizes.icon_width,
            }
        )
    is_of_people = noun in {"user", "profile", "speaker"}
    people = session.scalars(select(SpeakerImageSize)).first() if is_of_people else None
    if people is None:
        return {}
    thumbnail = people.thumbnail_size_width_height
    return {
        "thumbnail_image_url": thumbnail,
        # Old clients show a user's small image in the size of the thumbnail, so it is the same one.
        "small_image_url": thumbnail if noun == "user" else people.small_size_width_height,
        "icon_image_url": people.icon_size_width_height,
    }
