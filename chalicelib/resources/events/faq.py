"""Frequently asked questions, with the organizer's answers."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model, SoftDeleted, linked_to, owned_by
from chalicelib.jsonapi.model.fields import ToOne, attr
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.jsonapi.model.texts import LONGEST_ARTICLE
from chalicelib.resources.attributes import Trashable
from chalicelib.resources.policies import organizers_write


class Faq(SoftDeleted, Model):
    __tablename__ = "faqs"
    question: Mapped[str] = attr(required=True)
    answer: Mapped[str] = attr(required=True, max_length=LONGEST_ARTICLE)
    event_id: Mapped[int] = owned_by("events.id")
    faq_type_id: Mapped[int | None] = linked_to("faq_types.id")


class FaqSchema(Trashable):
    event = ToOne("event", inverse="faqs", required=True)
    faq_type = ToOne("faq-type", inverse="faqs", same_parent="event")


FAQ = Resource(
    "faq", Faq, FaqSchema, path="faqs", methods=EVERYTHING - {"list"}, policy=organizers_write(), shared=True
)
