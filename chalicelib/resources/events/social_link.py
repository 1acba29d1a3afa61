"""Social links: where else an event can be found, each with a name such as "twitter"."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.model.fields import ToOne, attr, fields
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.resources.attributes import Trashable, link
from chalicelib.resources.identifiers import new_identifier
from chalicelib.resources.policies import organizers_write
from chalicelib.resources.value_fields import Key


class SocialLink(SoftDeleted, Model):
    __tablename__ = "social_links"
    name: Mapped[str] = attr(fields.Line, required=True)
    link: Mapped[str] = attr(link, required=True)
    identifier: Mapped[str | None] = attr(Key, default=new_identifier)
    event_id: Mapped[int] = owned_by("events.id")


class SocialLinkSchema(Trashable):
    event = ToOne("event", inverse="social-links", required=True)


SOCIAL_LINK = Resource(
    "social-link",
    SocialLink,
    SocialLinkSchema,
    path="social-links",
    methods=EVERYTHING - {"list"},
    policy=organizers_write(),
    shared=True,
)
