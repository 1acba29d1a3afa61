"""The exported lists of an event's sessions and speakers."""

from typing import Final

from chalicelib.exports.columns import Kind, attribute, column, yes_or_no
from chalicelib.exports.export import Export, event_of, of_event


def _speakers(what: str) -> str:
    # They are of the same event, whose team sees their addresses.
    return (
        f"(SELECT string_agg(speaker.{what}, '; ' ORDER BY speaker.id) FROM speakers_sessions link "  # noqa: S608
        "JOIN speakers speaker ON speaker.id = link.speaker_id AND speaker.deleted_at IS NULL "
        "WHERE link.session_id = t.id)"
    )


_TALKS: Final = (
    "(SELECT string_agg(talk.title || ' (' || talk.state || ')', '; ' ORDER BY talk.id) "
    "FROM speakers_sessions link JOIN sessions talk ON talk.id = link.session_id AND talk.deleted_at IS NULL "
    "WHERE link.speaker_id = t.id)"
)

SESSIONS: Final = Export(
    "sessions",
    "session",
    event_of,
    of_event(),
    columns=(
        column(
            "session-title",
            "Session Title",
            "t.title || ' (' || t.state || ')'",
            Kind.TEXT,
            ("session", "t", "title"),
        ),
        attribute("session", "Starts At", "starts_at", Kind.MOMENT),
        attribute("session", "Ends At", "ends_at", Kind.MOMENT),
        column("speakers", "Speakers", _speakers("name")),
        column("speaker-emails", "Speaker Emails", _speakers("email")),
        column("track", "Track", "track.name"),
        attribute("session", "Abstract Short", "short_abstract", Kind.MARKUP),
        attribute("session", "Abstract Long", "long_abstract", Kind.MARKUP),
        attribute("session", "Comment", "comments", Kind.MARKUP),
        attribute("session", "Created At", "created_at", Kind.MOMENT),
        column(
            "email-sent",
            "Email Sent",
            yes_or_no("t.is_mail_sent"),
            Kind.TEXT,
            ("session", "t", "is_mail_sent"),
        ),
        attribute("session", "Level", "level"),
        column("status", "Status", "t.state"),
        column("session-type", "Session Type", "kind.name"),
        column("talk-length", "Talk Length", "kind.length"),
        attribute("session", "Language", "language"),
        column("slides", "Slides", "t.slides_url", Kind.TEXT, ("session", "t", "slides_url")),
        column("audio", "Audio", "t.audio_url", Kind.TEXT, ("session", "t", "audio_url")),
        column("video", "Video", "t.video_url", Kind.TEXT, ("session", "t", "video_url")),
        attribute("session", "Average Rating", "average_rating", Kind.NUMBER),
        column("number-of-ratings", "Number of Ratings", "t.rating_count", Kind.NUMBER),
        column("room", "Room", "place.name"),
        attribute("session", "Subtitle", "subtitle", default=False),
        column("title", "Title", "t.title", default=False),
        attribute("session", "Submitted At", "submitted_at", Kind.MOMENT, default=False),
    ),
    listed=("title", "status", "speakers", "track", "room", "starts-at", "created-at", "email-sent"),
    order="t.starts_at, t.id",
    joins=(
        "LEFT JOIN tracks track ON track.id = t.track_id AND track.deleted_at IS NULL "
        "LEFT JOIN session_types kind ON kind.id = t.session_type_id AND kind.deleted_at IS NULL "
        "LEFT JOIN microlocations place ON place.id = t.microlocation_id AND place.deleted_at IS NULL"
    ),
    known="event",
    form="session",
    answers_after="number-of-ratings",
)

SPEAKERS: Final = Export(
    "speakers",
    "speaker",
    event_of,
    of_event(),
    columns=(
        attribute("speaker", "Name", "name"),
        attribute("speaker", "Email", "email"),
        column("sessions", "Session(s)", _TALKS),
        attribute("speaker", "Mobile", "mobile"),
        column("bio", "Bio", "t.short_biography", Kind.MARKUP, ("speaker", "t", "short_biography")),
        attribute("speaker", "Organisation", "organisation"),
        attribute("speaker", "Position", "position"),
        column(
            "experience", "Experience", "t.speaking_experience", Kind.MARKUP,
            ("speaker", "t", "speaking_experience"),
        ),
        attribute("speaker", "Sponsorship Required", "sponsorship_required", Kind.MARKUP),
        attribute("speaker", "City", "city"),
        attribute("speaker", "Country", "country"),
        attribute("speaker", "Website", "website"),
        attribute("speaker", "Twitter", "twitter"),
        attribute("speaker", "Facebook", "facebook"),
        attribute("speaker", "Github", "github"),
        attribute("speaker", "LinkedIn", "linkedin"),
        attribute("speaker", "Gender", "gender", default=False),
        attribute("speaker", "Heard From", "heard_from", default=False),
        column("long-bio", "Long Bio", "t.long_biography", Kind.MARKUP, default=False),
        column("featured", "Featured", yes_or_no("t.is_featured"), default=False),
    ),
    listed=("name", "email", "sessions", "mobile", "bio", "organisation", "position"),
    order="t.name, t.id",
    known="event",
    form="speaker",
    answers_after="linkedin",
)  # fmt: skip
