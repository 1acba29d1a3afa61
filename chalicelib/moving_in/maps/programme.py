"""Sessions and speakers, calls, rooms, video, and what people think of them."""

from typing import Final

from chalicelib.moving_in import finishing, values
from chalicelib.moving_in.tables import Linked, Moved, clear, refuse, share, trash

TABLES: Final = (
    Moved("speakers_calls", "speakers_calls", duplicates={"uq_speakers_calls_event": trash}),
    Moved("tracks", "tracks", values={"font_color": values.font_color}),
    Moved("session_types", "session_types"),
    # The key of a service is a secret, which is not encrypted in the database.
    Moved("video_channels", "video_channels", columns={"api_key": ""}),
    Moved(
        "video_streams",
        "video_streams",
        columns={"video_channel_id": "channel_id", "chat_room_name": "", "meeting": ""},
        duplicates={"uq_video_streams_event_id": clear("event_id")},
    ),
    Moved("translation_channels", "translation_channels"),
    Moved("video_recordings", "video_recordings", duplicates={"uq_video_recordings_record": refuse}),
    Moved(
        "video_stream_moderators",
        "video_stream_moderators",
        duplicates={"uq_video_stream_moderators_email": share},
        after=finishing.name_moderators,
    ),
    Moved("microlocations", "microlocations", columns={"chat_room_name": ""}),
    # Counted anew when what they count has come.
    Moved("sessions", "sessions", columns={"average_rating": "", "rating_count": "", "favourite_count": ""}),
    Moved("speaker", "speakers", duplicates={"uq_speakers_email": clear("email")}),
    Linked(
        "speakers_sessions", "speakers_sessions", {"speaker_id": "speaker_id", "session_id": "session_id"}
    ),
    Moved(
        "speaker_invites",
        "speaker_invites",
        duplicates={"uq_speaker_invites_pending": refuse},
    ),
    Linked(
        "exhibitors_sessions",
        "exhibitors_sessions",
        {"exhibitor_id": "exhibitor_id", "session_id": "session_id"},
    ),
    Moved("feedback", "feedbacks", duplicates={"uq_feedbacks_session_user": trash}),
    Moved(
        "user_favourite_sessions",
        "user_favourite_sessions",
        duplicates={"uq_user_favourite_sessions": share},
    ),
)
