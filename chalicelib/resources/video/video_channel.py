"""Video channels: the services that host video rooms, with their URLs and keys. Maintained by staff."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped

from chalicelib import clock
from chalicelib.db import Model
from chalicelib.jsonapi.model.fields import Schema, attr, fields
from chalicelib.jsonapi.model.policy import staff
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.attributes import web_address
from chalicelib.resources.columns import CreatedAt
from chalicelib.resources.policies import STAFF_WRITES


class VideoChannel(Model):
    __tablename__ = "video_channels"
    name: Mapped[str] = attr(fields.Line, required=True)
    provider: Mapped[str] = attr(fields.Line, required=True)
    url: Mapped[str] = attr(web_address, required=True)
    api_url: Mapped[str | None] = attr(web_address)
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    modified_at: Mapped[datetime] = attr(read_only=True, default=clock.now, onupdate=clock.now)
    api_key: Mapped[str | None] = attr(plain=True, seen_by=staff)
    extra: Mapped[dict[str, Any] | None] = attr(fields.Dict, seen_by=staff)


class VideoChannelSchema(Schema):
    """No attributes beyond the columns."""


VIDEO_CHANNEL = Resource(
    "video-channel", VideoChannel, VideoChannelSchema, path="video-channels", policy=STAFF_WRITES
)
