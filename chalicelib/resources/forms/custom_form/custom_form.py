"""Form fields: what organizers ask attendees and speakers, and which fields are required."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.ground.sql import ROW, Sql, joined, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Computed, Schema, ToOne, attr, fields, validate
from chalicelib.jsonapi.model.policy import where_sql
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.resources.columns import FalseByDefault, FalseInDatabase, TrueInDatabase
from chalicelib.resources.forms.custom_form import conditions
from chalicelib.resources.forms.custom_form.translations import Translations, keep_translations
from chalicelib.resources.forms.custom_form.well_known import FORMS, WELL_KNOWN
from chalicelib.resources.policies import has_role, organizers_write
from chalicelib.resources.value_fields import Key, Language

TYPES = (
    "text", "checkbox", "select", "file", "image", "email", "number", "paragraph", "richtextlink",
    "boolean", "year",
)  # fmt: skip


ACCEPTANCE: Final = "acceptance"


def _known(form: str, names: Iterable[str]) -> Sql:
    listed = ", ".join(f"'{name}'" for name in names)
    return sql("(", ROW["form"], f" = '{form}' AND ", ROW["field_identifier"], f" IN ({listed}))")


# SQL: an organizer's own question, not a built-in field.
_OWN_QUESTION = sql("NOT (", joined(" OR ", (_known(form, names) for form, names in WELL_KNOWN.items())), ")")


class CustomForm(Model):
    __tablename__ = "custom_forms"
    field_identifier: Mapped[str] = attr(Key, required=True, validate=validate.Length(1))
    form: Mapped[str] = attr(required=True, choices=FORMS)
    type: Mapped[str] = attr(choices=TYPES, default="text")
    name: Mapped[str] = attr(allow_null=True, max_length=LONGEST_ANSWER)
    description: Mapped[str | None] = attr(max_length=LONGEST_ANSWER)
    is_required: Mapped[FalseByDefault] = attr()
    is_included: Mapped[FalseByDefault] = attr()
    is_public: Mapped[FalseByDefault] = attr()
    position: Mapped[int | None] = attr(default=0)
    is_fixed: Mapped[FalseByDefault] = attr()
    form_id: Mapped[str | None] = attr(Key)
    min: Mapped[int | None] = attr(default=0)
    max: Mapped[int | None] = attr(default=10)
    main_language: Mapped[str | None] = attr(Language)
    is_allow_edit: Mapped[FalseByDefault] = attr()
    # Only the event's organizers see it, and the answers, which they write themselves.
    is_internal: Mapped[FalseInDatabase] = attr()
    # The answer is shown to whoever checks people in.
    is_shown_at_check_in: Mapped[FalseInDatabase] = attr()
    # Whether the answer is changed after the purchase, where the event allows that at all.
    is_changeable: Mapped[TrueInDatabase] = attr()
    asked_from: Mapped[str] = attr(
        choices=["submission", ACCEPTANCE], default="submission", server_default="submission"
    )
    # Asked where another field of the form has this answer; null: always.
    asked_if_field: Mapped[str | None] = attr(Key, example=None)
    asked_if_value: Mapped[str | None] = attr(fields.Line, example=None)
    # Instead of the one: asked where it has one of these answers.
    asked_if_values: Mapped[list[Any] | None] = attr(conditions.answers, example=None)
    event_id: Mapped[int] = owned_by("events.id")

    @property
    def is_complex(self) -> bool:
        """Whether this is an organizer's own question, not a built-in field."""
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
    is_complex = Computed("boolean", _OWN_QUESTION, metadata={"after": "position"})
    translations = Translations(of=_OWN_QUESTION)
    event = ToOne("event", inverse="custom-forms", required=True)


def name_the_well_known(_context: Context, change: Change) -> None:
    """Built-in fields have fixed labels; an own question needs one."""
    row: Any = change.row
    label = WELL_KNOWN.get(row.form, {}).get(row.field_identifier)
    if label is not None:
        row.name = label
    elif row.name is None or not row.name.strip():
        raise invalid("A question of your own needs a name.", "/data/attributes/name")


_SHARED = organizers_write()

CUSTOM_FORM = Resource(
    "custom-form",
    CustomForm,
    CustomFormSchema,
    path="custom-forms",
    methods=EVERYTHING - {"list"},
    policy=_SHARED.replace(
        see=_SHARED.see
        & (where_sql(sql("NOT ", ROW["is_internal"]), "not internal") | has_role(COORGANIZERS))
    ),
    before_write=[name_the_well_known, conditions.keep_internal, conditions.check_condition],
    before_delete=[conditions.refuse_to_break_conditions],
    after_write=[keep_translations, conditions.hide_under_the_new_name],
    order=["form", "position"],
    constraint_errors={
        "uq_custom_forms_field": ("/data/attributes/field-identifier", "This form has that field already.")
    },
    shared=True,
)
