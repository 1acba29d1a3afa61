"""Sponsors: who helps to pay for an event, and at which level."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.ground.errors import forbidden
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import ToOne, attr, fields
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.jsonapi.model.texts import LONGEST_ARTICLE
from chalicelib.resources.attributes import Trashable, web_address
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.image_details import HasImageDetails, PicturesShown
from chalicelib.resources.policies import organizers_write


class Sponsor(SoftDeleted, HasImageDetails, Model):
    __tablename__ = "sponsors"
    name: Mapped[str] = attr(fields.Line, required=True)
    description: Mapped[str | None] = attr(max_length=LONGEST_ARTICLE)
    url: Mapped[str | None] = attr(web_address)
    level: Mapped[int | None] = attr()
    logo_url: Mapped[str | None] = attr(web_address)
    type: Mapped[str | None] = attr()
    event_id: Mapped[int] = owned_by("events.id")


class SponsorSchema(PicturesShown, Trashable):
    event = ToOne("event", inverse="sponsors", required=True)


def only_where_wanted(context: Context, change: Change) -> None:
    """An event without sponsors takes none."""
    if not change.is_new and "event_id" not in change.before:
        return
    event = context.session.get(Event, change.row.event_id)
    if event is not None and not event.is_sponsors_enabled:
        raise forbidden("Sponsors are not enabled for this event.", "/data/relationships/event")


SPONSOR = Resource(
    "sponsor",
    Sponsor,
    SponsorSchema,
    path="sponsors",
    methods=EVERYTHING - {"list"},
    policy=organizers_write(),
    before_write=[only_where_wanted],
    order=["level"],
    shared=True,
)
