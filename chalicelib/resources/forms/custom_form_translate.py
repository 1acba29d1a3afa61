"""Translations of form fields."""

from sqlalchemy.orm import Mapped

from chalicelib import db
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.resources.policies import written_with
from chalicelib.resources.value_fields import Key, Language

MOST_BYTES = 60_000  # of the translations of one field, which shows them all


class CustomFormTranslate(Model):
    __tablename__ = "custom_form_translates"
    name: Mapped[str] = attr(required=True, max_length=LONGEST_ANSWER)
    language_code: Mapped[str] = attr(Language, required=True)
    form_id: Mapped[str | None] = attr(Key, required=True, allow_null=False)
    custom_form_id: Mapped[int] = owned_by("custom_forms.id")


class CustomFormTranslateSchema(Schema):
    custom_form = ToOne("custom-form", inverse="custom-form-translates", inverse_creates=True, required=True)


def demand_room(context: Context, field_id: int, pointer: str) -> None:
    """Raise Problem 422 when the translations of the field exceed MOST_BYTES."""
    sql = (
        "SELECT coalesce(sum(octet_length(name) + octet_length(language_code) + 100), 0) "
        "FROM custom_form_translates WHERE custom_form_id = $1"
    )
    ((size,),) = db.fetch(context.session, sql, [field_id])
    if size > MOST_BYTES:
        raise invalid(f"All translations of one field may have {MOST_BYTES:,} bytes.", pointer)


def fit_the_field(context: Context, change: Change) -> None:
    """Hook: limit the translations of a field."""
    demand_room(context, change.row.custom_form_id, "/data/attributes/name")


CUSTOM_FORM_TRANSLATE = Resource(
    "custom-form-translate",
    CustomFormTranslate,
    CustomFormTranslateSchema,
    path="custom-form-translates",
    methods=EVERYTHING - {"list"},
    policy=written_with("custom_form"),
    after_write=[fit_the_field],
    order=["language_code"],
    shared=True,
)
