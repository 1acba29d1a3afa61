"""Sponsors: who helps to pay for an event, and at which level."""

from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.errors import forbidden
from chalicelib.jsonapi.fields import ToOne, fields
from chalicelib.jsonapi.resource import EVERYTHING, Resource
from chalicelib.jsonapi.texts import LONGEST_ARTICLE
from chalicelib.resources.attributes import Trashable, web_address
from chalicelib.resources.events.event import Event
from chalicelib.resources.image_details import Pictured, PicturesShown
from chalicelib.resources.policies import organisers_write

if TYPE_CHECKING:
    from chalicelib.jsonapi.change import Change
    from chalicelib.jsonapi.context import Context


class Sponsor(SoftDeleted, Pictured, Model):
    __tablename__ = "sponsors"
    name: Mapped[str]
    description: Mapped[str | None]
    url: Mapped[str | None]
    level: Mapped[int | None]
    logo_url: Mapped[str | None]
    type: Mapped[str | None]
    event_id: Mapped[int] = owned_by("events.id")


class SponsorSchema(PicturesShown, Trashable):
    name = fields.Line(required=True)
    description = fields.Str(longest=LONGEST_ARTICLE, allow_none=True)
    url = web_address(allow_none=True)
    level = fields.Int(strict=True, allow_none=True)
    logo_url = web_address(allow_none=True)
    type = fields.Str(allow_none=True)
    event = ToOne("event", inverse="sponsors", required=True)


def only_where_wanted(context: "Context", change: "Change") -> None:
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
    offers=EVERYTHING - {"list"},
    policy=organisers_write(),
    before_write=[only_where_wanted],
    order=["level"],
)
