"""Badge forms: the layout of an event's badges. Tickets refer to theirs by badge-id."""

from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Mapped

from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.attr import attribute_names
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Computed, Schema, ToOne, attr, fields, validate
from chalicelib.jsonapi.model.policy import logged_in
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.resources.attributes import link
from chalicelib.resources.identifiers import new_identifier
from chalicelib.resources.onsite.badge_field_form import BadgeFieldForm
from chalicelib.resources.policies import organizers_write
from chalicelib.resources.value_fields import Color, Key

_MOST_FIELDS = 100


class BadgeForm(Model):
    __tablename__ = "badge_forms"
    badge_id: Mapped[str] = attr(Key, validate=validate.Length(1), default=new_identifier)
    badge_size: Mapped[str | None] = attr()
    badge_color: Mapped[str | None] = attr(Color)
    badge_image_url: Mapped[str | None] = attr(link, empty=True)
    badge_orientation: Mapped[str | None] = attr()
    badge_qrfields: Mapped[list[Any] | None] = attr(
        fields.List, fields.Str(), validate=validate.Length(max=100)
    )
    is_showing_sample_data: Mapped[bool | None] = attr(default=True)
    selected_image: Mapped[str | None] = attr()
    image_url: Mapped[str | None] = attr(link, empty=True)
    event_id: Mapped[int] = owned_by("events.id")


class _Item(Schema):
    """A field within its badge form; names keep their underscores on the wire."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        field_obj.data_key = field_name
        field_obj.required = False  # badge-id defaults to that of its form
        super().on_bind_field(field_name, field_obj)


class BadgeFields(Computed, fields.List[Any]):
    """All fields of a badge form: read from their rows, and replaced as a whole when sent."""

    def __init__(self) -> None:
        members = ", ".join(f"'{name}', part.{name}" for name in attribute_names(BadgeFieldForm))
        super().__init__(
            "JSONB",
            sql(
                "SELECT coalesce(jsonb_agg(jsonb_build_object("  # noqa: S608 - no user input
                f"'badge_field_id', part.id, {members}) ORDER BY part.id), '[]') "
                "FROM badge_field_forms part WHERE part.badge_form_id = ",
                ROW["id"],
            ),
            cls_or_instance=fields.Nested(lambda: _Item(model=BadgeFieldForm)),
            validate=validate.Length(max=_MOST_FIELDS),
            metadata={
                "example": [{"field_identifier": "firstname", "font_size": 24}],
                "after": "badge_orientation",
            },
        )
        self.dump_only = False


class BadgeFormSchema(Schema):
    badge_fields = BadgeFields()
    event = ToOne("event", inverse="badge-forms", required=True, inverse_scope=logged_in)


def replace_fields(context: Context, change: Change) -> None:
    """Hook: the fields sent replace the existing ones."""
    sent = change.sent.get("badge_fields")
    if sent is None:
        return
    form: BadgeForm = change.row
    context.session.execute(delete(BadgeFieldForm).where(BadgeFieldForm.badge_form_id == form.id))
    for field in sent:
        context.session.add(BadgeFieldForm(**{"badge_id": form.badge_id, **field}, badge_form_id=form.id))


BADGE_FORM = Resource(
    "badge-form",
    BadgeForm,
    BadgeFormSchema,
    path="badge-forms",
    methods=EVERYTHING - {"list"},
    policy=organizers_write(),
    after_write=[replace_fields],
)
