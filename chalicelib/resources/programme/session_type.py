"""Session types, such as a talk of half an hour or a workshop of three."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.model.fields import ToOne, attr, fields, validate
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.resources.attributes import Trashable
from chalicelib.resources.policies import organizers_write

_LENGTH = validate.Regexp(r"^[0-9]{2}:[0-5][0-9]\Z", error="A length is hours and minutes, as in 00:30.")


class SessionType(SoftDeleted, Model):
    __tablename__ = "session_types"
    name: Mapped[str] = attr(fields.Line, required=True)
    length: Mapped[str] = attr(required=True, validate=_LENGTH)
    position: Mapped[int | None] = attr(default=0)
    event_id: Mapped[int] = owned_by("events.id")


class SessionTypeSchema(Trashable):
    event = ToOne("event", inverse="session-types", required=True)


SESSION_TYPE = Resource(
    "session-type",
    SessionType,
    SessionTypeSchema,
    path="session-types",
    methods=EVERYTHING - {"list"},
    policy=organizers_write(),
    order=["position"],
    shared=True,
)
