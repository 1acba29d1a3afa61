"""Options of a form field. They are created with the field only."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.model.fields import ToOne, attr
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.attributes import Trashable
from chalicelib.resources.policies import written_with


class CustomFormOption(SoftDeleted, Model):
    __tablename__ = "custom_form_options"
    value: Mapped[str] = attr(required=True)
    custom_form_id: Mapped[int] = owned_by("custom_forms.id")


class CustomFormOptionSchema(Trashable):
    custom_form = ToOne(
        "custom-form", inverse="custom-form-options", inverse_creates=True, required=True, all_methods=True
    )


CUSTOM_FORM_OPTION = Resource(
    "custom-form-option",
    CustomFormOption,
    CustomFormOptionSchema,
    path="custom-form-options",
    methods=frozenset({"read", "update", "delete"}),
    policy=written_with("custom_form"),
    shared=True,
)
