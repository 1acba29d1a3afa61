"""Single badge fields; most clients send all of them with their badge form."""

from typing import Any

from sqlalchemy.orm import Mapped

from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.fields import Computed, Schema, ToOne, attr, fields, validate
from chalicelib.jsonapi.model.policy import visible_with
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.resources.columns import FalseByDefault
from chalicelib.resources.policies import organizers_write
from chalicelib.resources.value_fields import Color, Key


class FontStyle(Schema):
    """A font style, such as bold; its members keep their underscores on the wire."""

    name = fields.Str(allow_none=True)
    font_weight = fields.Str(allow_none=True, data_key="font_weight")
    font_style = fields.Str(allow_none=True, data_key="font_style")
    text_decoration = fields.Str(allow_none=True, data_key="text_decoration")


class BadgeFieldForm(Model):
    """A field on a badge: a text or a QR code, its font, margins and rotation."""

    __tablename__ = "badge_field_forms"
    badge_id: Mapped[str] = attr(Key, required=True)
    field_identifier: Mapped[str | None] = attr(plain=True)
    custom_field: Mapped[str | None] = attr()
    sample_text: Mapped[str | None] = attr()
    font_size: Mapped[int | None] = attr()
    text_alignment: Mapped[str | None] = attr()
    text_type: Mapped[str | None] = attr()
    is_deleted: Mapped[FalseByDefault] = attr()
    font_name: Mapped[str | None] = attr()
    font_weight: Mapped[list[Any] | None] = attr(
        fields.List, fields.Nested(FontStyle), validate=validate.Length(max=20)
    )
    font_color: Mapped[str | None] = attr(Color)
    margin_top: Mapped[int | None] = attr()
    margin_bottom: Mapped[int | None] = attr()
    margin_left: Mapped[int | None] = attr()
    margin_right: Mapped[int | None] = attr()
    text_rotation: Mapped[int | None] = attr()
    qr_custom_field: Mapped[list[Any] | None] = attr(
        fields.List, fields.Str(), validate=validate.Length(max=100)
    )
    is_field_expanded: Mapped[FalseByDefault] = attr()
    badge_form_id: Mapped[int] = owned_by("badge_forms.id")


class BadgeFieldFormSchema(Schema):
    badge_field_id = Computed("bigint", sql(ROW["id"]))
    badge_form = ToOne("badge-form", inverse="badge-field-forms", inverse_creates=True, required=True)


BADGE_FIELD_FORM = Resource(
    "badge-field-form",
    BadgeFieldForm,
    BadgeFieldFormSchema,
    path="badge-field-forms",
    methods=EVERYTHING - {"list"},
    policy=organizers_write("badge_form.event").replace(see=visible_with("badge_form")),
)
