"""Translations of form fields: what a field is called in another language."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.fields import Schema, ToOne, fields
from chalicelib.jsonapi.resource import EVERYTHING, Resource
from chalicelib.resources.policies import written_with
from chalicelib.resources.value_fields import Key, Language


class CustomFormTranslate(Model):
    __tablename__ = "custom_form_translates"
    name: Mapped[str]
    language_code: Mapped[str]
    form_id: Mapped[str | None]
    custom_form_id: Mapped[int] = owned_by("custom_forms.id")


class CustomFormTranslateSchema(Schema):
    name = fields.Str(required=True)
    language_code = Language(required=True)
    form_id = Key(required=True)
    custom_form = ToOne("custom-form", inverse="custom-form-translates", inverse_creates=True, required=True)


CUSTOM_FORM_TRANSLATE = Resource(
    "custom-form-translate",
    CustomFormTranslate,
    CustomFormTranslateSchema,
    path="custom-form-translates",
    offers=EVERYTHING - {"list"},
    policy=written_with("custom_form"),
    order=["language_code"],
)
