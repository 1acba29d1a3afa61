"""What stands on a badge: a text or a QR code, its font, its margins and its turn."""

from typing import Any

from sqlalchemy.orm import Mapped

from chalicelib.jsonapi.fields import Schema, fields, validate
from chalicelib.resources.columns import Off
from chalicelib.resources.value_fields import Color, Key


class BadgeFieldColumns:
    """The columns of a field of a badge."""

    badge_id: Mapped[str]
    field_identifier: Mapped[str | None]
    custom_field: Mapped[str | None]
    sample_text: Mapped[str | None]
    font_size: Mapped[int | None]
    font_name: Mapped[str | None]
    font_weight: Mapped[list[Any] | None]
    font_color: Mapped[str | None]
    text_rotation: Mapped[int | None]
    text_alignment: Mapped[str | None]
    text_type: Mapped[str | None]
    is_deleted: Mapped[Off]
    margin_top: Mapped[int | None]
    margin_bottom: Mapped[int | None]
    margin_left: Mapped[int | None]
    margin_right: Mapped[int | None]
    qr_custom_field: Mapped[list[Any] | None]
    is_field_expanded: Mapped[Off]


class FontStyle(Schema):
    """A way of writing, such as bold; its members keep their underscores on the wire."""

    name = fields.Str(allow_none=True)
    font_weight = fields.Str(allow_none=True, data_key="font_weight")
    font_style = fields.Str(allow_none=True, data_key="font_style")
    text_decoration = fields.Str(allow_none=True, data_key="text_decoration")


class BadgeFieldAttributes(Schema):
    """The attributes of a field of a badge, as a resource and within a badge form."""

    badge_id = Key(required=True)
    field_identifier = fields.Str(plain=True, allow_none=True)
    custom_field = fields.Str(allow_none=True)
    sample_text = fields.Str(allow_none=True)
    font_size = fields.Int(strict=True, allow_none=True)
    text_alignment = fields.Str(allow_none=True)
    text_type = fields.Str(allow_none=True)
    is_deleted = fields.Bool()
    font_name = fields.Str(allow_none=True)
    font_weight = fields.List(fields.Nested(FontStyle), allow_none=True, validate=validate.Length(max=20))
    font_color = Color(allow_none=True)
    margin_top = fields.Int(strict=True, allow_none=True)
    margin_bottom = fields.Int(strict=True, allow_none=True)
    margin_left = fields.Int(strict=True, allow_none=True)
    margin_right = fields.Int(strict=True, allow_none=True)
    text_rotation = fields.Int(strict=True, allow_none=True)
    qr_custom_field = fields.List(fields.Str(), allow_none=True, validate=validate.Length(max=100))
    is_field_expanded = fields.Bool()


NAMES = tuple(BadgeFieldAttributes._declared_fields)
