"""Form fields: what organisers ask attendees and speakers, and which of it must be answered."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.errors import invalid
from chalicelib.jsonapi.fields import Computed, Schema, ToOne, fields, validate
from chalicelib.jsonapi.resource import EVERYTHING, Resource
from chalicelib.jsonapi.texts import LONGEST_ANSWER
from chalicelib.resources.columns import Off
from chalicelib.resources.forms.translations import Translations, keep_translations
from chalicelib.resources.forms.well_known import FORMS, WELL_KNOWN
from chalicelib.resources.policies import organisers_write
from chalicelib.resources.value_fields import Key, Language

if TYPE_CHECKING:
    from chalicelib.jsonapi.change import Change
    from chalicelib.jsonapi.context import Context

TYPES = (
    "text", "checkbox", "select", "file", "image", "email", "number", "paragraph", "richtextlink",
    "boolean", "year",
)  # fmt: skip


def _own_question(t: str) -> str:
    known = " OR ".join(
        f"({t}.form = '{form}' AND {t}.field_identifier IN ({', '.join(repr(one) for one in names)}))"
        for form, names in WELL_KNOWN.items()
    )
    return f"NOT ({known})"


class CustomForm(Model):
    __tablename__ = "custom_forms"
    field_identifier: Mapped[str]
    form: Mapped[str]
    type: Mapped[str] = mapped_column(default="text")
    name: Mapped[str]
    description: Mapped[str | None]
    is_required: Mapped[Off]
    is_included: Mapped[Off]
    is_public: Mapped[Off]
    position: Mapped[int | None] = mapped_column(default=0)
    is_fixed: Mapped[Off]
    form_id: Mapped[str | None]
    min: Mapped[int | None] = mapped_column(default=0)
    max: Mapped[int | None] = mapped_column(default=10)
    main_language: Mapped[str | None]
    is_allow_edit: Mapped[Off]
    event_id: Mapped[int] = owned_by("events.id")

    @property
    def is_complex(self) -> bool:
        """Whether this is an organiser's own question, not a field that everybody knows."""
        return self.field_identifier not in WELL_KNOWN.get(self.form, {})

    __table_args__ = (
        Index(
            "uq_custom_forms_field",
            "event_id",
            "form",
            "field_identifier",
            text("coalesce(form_id, '')"),
            unique=True,
        ),
    )


class CustomFormSchema(Schema):
    field_identifier = Key(required=True, validate=validate.Length(1))
    form = fields.Str(required=True, validate=validate.OneOf(FORMS))
    type = fields.Str(validate=validate.OneOf(TYPES))
    name = fields.Str(longest=LONGEST_ANSWER, allow_none=True)
    description = fields.Str(longest=LONGEST_ANSWER, allow_none=True)
    is_required = fields.Bool()
    is_included = fields.Bool()
    is_public = fields.Bool()
    position = fields.Int(strict=True, allow_none=True)
    is_complex = Computed("boolean", _own_question("{t}"))
    is_fixed = fields.Bool()
    form_id = Key(allow_none=True)
    min = fields.Int(strict=True, allow_none=True)
    max = fields.Int(strict=True, allow_none=True)
    main_language = Language(allow_none=True)
    is_allow_edit = fields.Bool()
    translations = Translations(of=_own_question("{t}"))
    event = ToOne("event", inverse="custom-forms", required=True)


def name_the_well_known(_context: "Context", change: "Change") -> None:
    """Fields that everybody knows have the same words everywhere; a question needs words of its own."""
    row: Any = change.row
    label = WELL_KNOWN.get(row.form, {}).get(row.field_identifier)
    if label is not None:
        row.name = label
    elif row.name is None or not row.name.strip():
        raise invalid("A question of your own needs a name.", "/data/attributes/name")


CUSTOM_FORM = Resource(
    "custom-form",
    CustomForm,
    CustomFormSchema,
    path="custom-forms",
    offers=EVERYTHING - {"list"},
    policy=organisers_write(),
    before_write=[name_the_well_known],
    after_write=[keep_translations],
    order=["form", "position"],
    conflicts={
        "uq_custom_forms_field": ("/data/attributes/field-identifier", "This form has that field already.")
    },
)
