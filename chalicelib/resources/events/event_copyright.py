"""Copyright notices: who holds the rights in what an event publishes, and under which license."""

from marshmallow import ValidationError
from sqlalchemy.orm import Mapped

from chalicelib import clock
from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import ToOne, attr, validate
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.resources.attributes import Trashable, web_address
from chalicelib.resources.events.one_per_event import has_another, one_living_row
from chalicelib.resources.image_details import HasImageDetails, PicturesShown
from chalicelib.resources.policies import organizers_write

_FIRST_YEAR = 1900


def _has_begun(year: int) -> None:
    if year > clock.now().year:
        raise ValidationError("This year has not begun.")


class EventCopyright(SoftDeleted, HasImageDetails, Model):
    __tablename__ = "event_copyrights"
    holder: Mapped[str | None] = attr()
    holder_url: Mapped[str | None] = attr(web_address)
    licence: Mapped[str] = attr(required=True)
    licence_url: Mapped[str | None] = attr(web_address)
    year: Mapped[int | None] = attr(validate=[validate.Range(_FIRST_YEAR), _has_begun])
    logo_url: Mapped[str | None] = attr(web_address)
    event_id: Mapped[int] = owned_by("events.id")

    __table_args__ = (one_living_row("event_copyrights"),)


class EventCopyrightSchema(PicturesShown, Trashable):
    event = ToOne("event", inverse="event-copyright", inverse_many=False, inverse_or_404=True, required=True)


def one_for_each_event(context: Context, change: Change) -> None:
    """Refuse a second notice for an event."""
    matters = change.is_new or change.restores or "event_id" in change.before
    if matters and has_another(context.session, change.row):
        raise invalid("The event has a copyright notice already.", "/data/relationships/event")


EVENT_COPYRIGHT = Resource(
    "event-copyright",
    EventCopyright,
    EventCopyrightSchema,
    path="event-copyrights",
    methods=EVERYTHING - {"list"},
    policy=organizers_write(),
    before_write=[one_for_each_event],
    constraint_errors={
        "uq_event_copyrights_event": (
            "/data/relationships/event",
            "The event has a copyright notice already.",
        )
    },
    shared=True,
)
