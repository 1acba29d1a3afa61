"""Image sizes and blurred placeholders, known to clients before an image is loaded.

Stored next to the URLs when an uploaded image is processed.
"""

from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.attributes import instance_state

from chalicelib.jsonapi.model.fields import Schema, fields

_EXAMPLE: Final = {
    "thumbnail-image-url": {"width": 500, "height": 250, "placeholder": "LxH2cX2swxX8l}WDjte;gJfjfQfj"}
}


class HasImageDetails:
    """Mixin for tables with image details: {"logo-url": {"width", "height", "placeholder"}, ...}, or null.

    Each entry is about the image at the URL in the column of that name, and is removed when that changes.
    """

    image_details: Mapped[dict[str, Any] | None] = mapped_column(sort_order=98)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)  # maps the columns
        for column in cls.__table__.columns:  # type: ignore[attr-defined]
            if column.key.endswith("_url"):
                event.listen(getattr(cls, column.key), "set", _forgetting(column.key.replace("_", "-")))


class PicturesShown(Schema):
    """Schema mixin with the read-only image details. Placeholders are BlurHashes."""

    image_details = fields.Dict(dump_only=True, metadata={"example": _EXAMPLE})


def _forgetting(name: str) -> Any:
    def forget(row: Any, url: str | None, former: object, _initiator: object) -> None:
        is_new = instance_state(row).key is None  # or a copy of another row, with the same images
        if is_new or url == former or name not in (row.image_details or {}):
            return
        row.image_details = {
            key: details for key, details in row.image_details.items() if key != name
        } or None

    return forget
