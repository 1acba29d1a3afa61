"""Badge fields one by one; most clients send them all together with their badge form."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.fields import Computed, ToOne
from chalicelib.jsonapi.policy import seen_with
from chalicelib.jsonapi.resource import EVERYTHING, Resource
from chalicelib.resources.onsite.badge_field import BadgeFieldAttributes, BadgeFieldColumns
from chalicelib.resources.policies import organisers_write


class BadgeFieldForm(BadgeFieldColumns, Model):
    __tablename__ = "badge_field_forms"
    badge_form_id: Mapped[int] = owned_by("badge_forms.id")


class BadgeFieldFormSchema(BadgeFieldAttributes):
    badge_field_id = Computed("bigint", "{t}.id")
    badge_form = ToOne("badge-form", inverse="badge-field-forms", inverse_creates=True, required=True)


BADGE_FIELD_FORM = Resource(
    "badge-field-form",
    BadgeFieldForm,
    BadgeFieldFormSchema,
    path="badge-field-forms",
    offers=EVERYTHING - {"list"},
    policy=organisers_write("badge_form.event").but(see=seen_with("badge_form")),
)
