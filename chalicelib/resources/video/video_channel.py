"""Video channels: the services that video rooms run on, with their addresses and keys. Staff keeps them."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock
from chalicelib.db import Model
from chalicelib.jsonapi.fields import Schema, fields
from chalicelib.jsonapi.policy import staff
from chalicelib.jsonapi.resource import Resource
from chalicelib.resources.attributes import moment, web_address
from chalicelib.resources.columns import CreatedAt
from chalicelib.resources.policies import STAFF_WRITES


class VideoChannel(Model):
    __tablename__ = "video_channels"
    name: Mapped[str]
    provider: Mapped[str]
    url: Mapped[str]
    api_url: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    modified_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=clock.now, onupdate=clock.now
    )
    api_key: Mapped[str | None]
    extra: Mapped[dict[str, Any] | None]


class VideoChannelSchema(Schema):
    name = fields.Line(required=True)
    provider = fields.Line(required=True)
    url = web_address(required=True)
    api_url = web_address(allow_none=True)
    created_at = moment(dump_only=True)
    modified_at = moment(dump_only=True)
    api_key = fields.Str(plain=True, allow_none=True, metadata={"scope": staff})
    extra = fields.Dict(allow_none=True, metadata={"scope": staff})


VIDEO_CHANNEL = Resource(
    "video-channel", VideoChannel, VideoChannelSchema, path="video-channels", policy=STAFF_WRITES
)
