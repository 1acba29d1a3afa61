"""Services: the parts of an event that permissions are granted for, such as its tracks."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model
from chalicelib.jsonapi.model.fields import Schema, attr
from chalicelib.jsonapi.model.policy import staff
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.policies import STAFF_EDITS

NAMES = ["microlocation", "session", "speaker", "track", "sponsor"]


class Service(Model):
    __tablename__ = "services"
    name: Mapped[str] = attr(choices=NAMES, unique=True)


class ServiceSchema(Schema):
    """No attributes beyond the columns."""


SERVICE = Resource(
    "service",
    Service,
    ServiceSchema,
    path="services",
    methods=frozenset({"list", "read", "update"}),
    policy=STAFF_EDITS.replace(list=staff),
    constraint_errors={"uq_services_name": ("/data/attributes/name", "There is a service with this name.")},
)
