"""Upload slots: attributes that a file can be uploaded to, such as an event's logo, and what each accepts."""

from dataclasses import dataclass
from typing import Any, Final

from chalicelib.db import Model
from chalicelib.registered import Registered
from chalicelib.settings import settings
from chalicelib.uploads.sniff import EXTENSIONS

IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
SLIDES: Final = frozenset(
    {
        "application/pdf",
        "application/vnd.oasis.opendocument.presentation",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
)
VIDEOS: Final = frozenset({"video/mp4", "video/x-m4v", "video/webm", "video/quicktime", "video/ogg"})
SOUNDS: Final = frozenset(
    {"audio/mpeg", "audio/ogg", "audio/x-m4a", "audio/mp4", "audio/flac", "audio/x-wav"}
)


@dataclass(frozen=True, slots=True)
class Rendition:
    """A smaller copy of an image: its width in pixels and the column for its URL."""

    attribute: str
    width: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot. `name` is the JSON:API type and attribute, e.g. "event.logo-url".

    `attributes` are the columns that get the URL, the first one being the slot's own. ValueError for a MIME
    type without a file extension of ours: such files are never served.
    """

    name: str
    model: type[Model]
    attributes: tuple[str, ...]
    kinds: frozenset[str]
    max_bytes: int
    renditions: tuple[Rendition, ...] = ()

    def __post_init__(self) -> None:
        unknown = self.kinds - EXTENSIONS.keys()
        if unknown:
            raise ValueError(f"{self.name} accepts kinds that cannot be served: {sorted(unknown)}")

    @property
    def noun(self) -> str:
        """The JSON:API type of the owner."""
        return self.name.partition(".")[0]

    @property
    def is_for_pictures(self) -> bool:
        """Whether it accepts images only: then they are decoded, and renditions are made."""
        return self.kinds <= IMAGES

    @property
    def limit(self) -> int:
        """The maximum size in bytes, by the slot and by the setting."""
        return min(self.max_bytes, settings().upload_max_bytes)

    def points_to(self, owner: Any, url: str | None) -> bool:
        """Whether the owner's URL in this slot is still this one."""
        return url is not None and getattr(owner, self.attributes[0]) == url


SLOTS: Registered[str, Slot] = Registered()


def declare(*slots: Slot) -> None:
    """Register slots. ValueError for a name in use."""
    for slot in slots:
        SLOTS.declare(slot.name, slot, f"there are two slots named {slot.name}")
