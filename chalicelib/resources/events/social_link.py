"""Social links: where else an event can be found, each with a name such as "twitter"."""

from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.fields import ToOne, fields
from chalicelib.jsonapi.resource import EVERYTHING, Resource
from chalicelib.resources.attributes import Trashable, link
from chalicelib.resources.identifiers import new_identifier
from chalicelib.resources.policies import organisers_write
from chalicelib.resources.value_fields import Key


class SocialLink(SoftDeleted, Model):
    __tablename__ = "social_links"
    name: Mapped[str]
    link: Mapped[str]
    identifier: Mapped[str | None] = mapped_column(default=new_identifier)
    event_id: Mapped[int] = owned_by("events.id")


class SocialLinkSchema(Trashable):
    name = fields.Line(required=True)
    link = link(required=True)
    identifier = Key(allow_none=True)
    event = ToOne("event", inverse="social-links", required=True)


SOCIAL_LINK = Resource(
    "social-link",
    SocialLink,
    SocialLinkSchema,
    path="social-links",
    offers=EVERYTHING - {"list"},
    policy=organisers_write(),
)
