"""Pages that staff writes, such as the imprint, placed in the footer or beside events."""

from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model
from chalicelib.jsonapi.fields import Schema, fields, validate
from chalicelib.jsonapi.resource import Resource
from chalicelib.resources.markup import RichText
from chalicelib.resources.policies import STAFF_WRITES
from chalicelib.resources.value_fields import Language, LinkKey

PLACES = ["footer", "event"]


class Page(Model):
    __tablename__ = "pages"
    name: Mapped[str]
    title: Mapped[str | None]
    url: Mapped[str]
    description: Mapped[str | None]
    place: Mapped[str | None]
    language: Mapped[str | None]
    index: Mapped[int] = mapped_column(default=0)


class PageSchema(Schema):
    name = fields.Str(required=True)
    title = fields.Str(allow_none=True)
    url = LinkKey(local=True, required=True)
    description = RichText(allow_none=True)
    place = fields.Str(allow_none=True, validate=validate.OneOf(PLACES))
    language = Language(allow_none=True)
    index = fields.Int(strict=True)


PAGE = Resource("page", Page, PageSchema, path="pages", policy=STAFF_WRITES, order=["index"])
