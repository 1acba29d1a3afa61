"""Groups of frequently asked questions, such as "Getting there"."""

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.resources.policies import organizers_write
from chalicelib.resources.value_fields import Name


class FaqType(Model):
    __tablename__ = "faq_types"
    name: Mapped[str] = attr(Name, required=True)
    event_id: Mapped[int] = owned_by("events.id")

    __table_args__ = (Index("uq_faq_types_name", "event_id", text("lower(btrim(name))"), unique=True),)


class FaqTypeSchema(Schema):
    event = ToOne("event", inverse="faq-types", required=True)


FAQ_TYPE = Resource(
    "faq-type",
    FaqType,
    FaqTypeSchema,
    path="faq-types",
    methods=EVERYTHING - {"list"},
    policy=organizers_write(),
    constraint_errors={
        "uq_faq_types_name": ("/data/attributes/name", "The event has a FAQ type with this name.")
    },
    shared=True,
)
