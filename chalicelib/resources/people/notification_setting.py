"""Which kinds of notifications are sent."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model
from chalicelib.jsonapi.model.fields import Schema, attr
from chalicelib.jsonapi.model.policy import staff
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.columns import TrueByDefault
from chalicelib.resources.policies import STAFF_EDITS


class NotificationSetting(Model):
    __tablename__ = "notification_settings"
    type: Mapped[str] = attr(read_only=True, unique=True)
    enabled: Mapped[TrueByDefault] = attr()


class NotificationSettingSchema(Schema):
    """No attributes beyond the columns."""


NOTIFICATION_SETTING = Resource(
    "notification-setting",
    NotificationSetting,
    NotificationSettingSchema,
    path="notification-settings",
    methods=frozenset({"list", "read", "update"}),
    policy=STAFF_EDITS.replace(list=staff),
)
