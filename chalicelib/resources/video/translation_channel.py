"""Translation channels: audio of a video room in another language."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.attributes import web_address
from chalicelib.resources.policies import written_with


class TranslationChannel(Model):
    __tablename__ = "translation_channels"
    name: Mapped[str] = attr(required=True)
    url: Mapped[str] = attr(web_address, required=True, empty=True)
    video_stream_id: Mapped[int] = owned_by("video_streams.id")
    channel_id: Mapped[int] = owned_by("video_channels.id")


class TranslationChannelSchema(Schema):
    video_stream = ToOne("video-stream", inverse="translation-channels", required=True, all_methods=True)
    channel = ToOne("video-channel", required=True)


TRANSLATION_CHANNEL = Resource(
    "translation_channel",
    TranslationChannel,
    TranslationChannelSchema,
    path="translation_channels",
    aliases=("translation_channel",),
    policy=written_with("video_stream"),
)
