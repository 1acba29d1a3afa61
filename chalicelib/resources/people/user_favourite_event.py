"""Favourite events of a user."""

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.model.fields import ToOne
from chalicelib.jsonapi.model.policy import logged_in
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.resources.attributes import Trashable
from chalicelib.resources.ownership import belong_to_the_caller
from chalicelib.resources.policies import ACCOUNT_HOLDER, private_to


class UserFavouriteEvent(SoftDeleted, Model):
    __tablename__ = "user_favourite_events"
    user_id: Mapped[int] = owned_by("users.id")
    event_id: Mapped[int] = owned_by("events.id")

    __table_args__ = (
        Index(
            "uq_user_favourite_events",
            "user_id",
            "event_id",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )


class UserFavouriteEventSchema(Trashable):
    event = ToOne("event", required=True)
    user = ToOne(
        "user",
        inverse="favourite-events",
        inverse_paths=("user-favourite-events",),
        inverse_scope=ACCOUNT_HOLDER,
    )


# At /v1/user-favourite-events/{id} clients give the id of the event: see actions/favourite_event.py.
USER_FAVOURITE_EVENT = Resource(
    "user-favourite-event",
    UserFavouriteEvent,
    UserFavouriteEventSchema,
    path="user-favourite-events",
    aliases=("favourite-events",),
    methods=EVERYTHING - {"update"},
    policy=private_to("user_id").replace(create=logged_in, list=logged_in),
    before_write=[belong_to_the_caller],
    constraint_errors={
        "uq_user_favourite_events": ("/data/relationships/event", "The event is a favourite already.")
    },
)
