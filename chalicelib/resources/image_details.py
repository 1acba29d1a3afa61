"""What is known of pictures before they have come: how large they are, and a blurred preview.

It is written beside the addresses when an uploaded picture has been looked at, so lists cost nothing more.
"""

from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.attributes import instance_state

from chalicelib.jsonapi.model.fields import Schema, fields

_EXAMPLE: Final = {
    "thumbnail-image-url": {"width": 500, "height": 250, "placeholder": "LxH2cX2swxX8l}WDjte;gJfjfQfj"}
}


class Pictured:
    """A table whose pictures have details: {"logo-url": {"width", "height", "placeholder"}, ...}, or null.

    Each speaks of the picture at the address in the column of that name, and goes when that changes.
    """

    image_details: Mapped[dict[str, Any] | None] = mapped_column(sort_order=98)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)  # which makes the columns
        for column in cls.__table__.columns:  # type: ignore[attr-defined]
            if column.key.endswith("_url"):
                event.listen(getattr(cls, column.key), "set", _forgetting(column.key.replace("_", "-")))


class PicturesShown(Schema):
    """A schema that shows the details of pictures, which nobody writes. Placeholders are BlurHashes."""

    image_details = fields.Dict(dump_only=True, metadata={"example": _EXAMPLE})


def _forgetting(name: str) -> Any:
    def forget(row: Any, url: str | None, former: object, _initiator: object) -> None:
        is_new = instance_state(row).key is None  # also a copy of another row, with the same pictures
        if is_new or url == former or name not in (row.image_details or {}):
            return
        row.image_details = {key: one for key, one in row.image_details.items() if key != name} or None

    return forget
