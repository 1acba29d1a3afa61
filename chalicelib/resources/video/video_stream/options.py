"""Options of a video room, by the names that its service uses."""

from typing import Any

from chalicelib.jsonapi.model.fields import Schema, fields
from chalicelib.resources.attributes import web_address

_BIG_BLUE_BUTTON: dict[str, fields.Field[Any]] = {
    "record": fields.Bool(),
    "autoStartRecording": fields.Bool(),
    "muteOnStart": fields.Bool(),
    "welcome": fields.Str(allow_none=True),
    "maxParticipants": fields.Int(strict=True, allow_none=True),
    "duration": fields.Int(strict=True, allow_none=True),
    "moderatorOnlyMessage": fields.Str(allow_none=True),
    "logo": web_address(allow_none=True),
    "bannerText": fields.Str(allow_none=True),
    "bannerColor": fields.Str(allow_none=True),
    "guestPolicy": fields.Str(allow_none=True),
    "allowModsToUnmuteUsers": fields.Bool(),
    "endCurrentMeeting": fields.Bool(),
}
_JITSI: dict[str, fields.Field[Any]] = {"muteOnStart": fields.Bool(), "hideCamOnStart": fields.Bool()}


class StreamOptions(Schema):
    """Player options, and those of particular services."""

    autoplay = fields.Bool()
    loop = fields.Bool()
    bbb_options = fields.Nested(Schema.from_dict(_BIG_BLUE_BUTTON), data_key="bbb_options", allow_none=True)
    jitsi_options = fields.Nested(Schema.from_dict(_JITSI), data_key="jitsi_options", allow_none=True)
