"""Pages written by staff, such as the imprint, placed in the footer or next to events."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model
from chalicelib.jsonapi.model.fields import Schema, attr
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.markup import RichText
from chalicelib.resources.policies import STAFF_WRITES
from chalicelib.resources.value_fields import Language, LinkKey

PLACES = ["footer", "event"]


class Page(Model):
    __tablename__ = "pages"
    name: Mapped[str] = attr(required=True)
    title: Mapped[str | None] = attr()
    url: Mapped[str] = attr(LinkKey, required=True, local=True)
    description: Mapped[str | None] = attr(RichText)
    place: Mapped[str | None] = attr(choices=PLACES)
    language: Mapped[str | None] = attr(Language)
    index: Mapped[int] = attr(default=0)


class PageSchema(Schema):
    """No attributes beyond the columns."""


PAGE = Resource("page", Page, PageSchema, path="pages", policy=STAFF_WRITES, order=["index"], shared=True)
