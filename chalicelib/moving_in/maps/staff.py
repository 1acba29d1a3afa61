"""What staff sets: settings, pages, which mails are sent, fees, image sizes, types and topics."""

from typing import Final

from chalicelib.moving_in.tables import Moved, overwrite, share

TABLES: Final = (
    Moved("settings", "settings", singleton=True),
    # Whose texts are ours: an old row says whether the mail is sent.
    Moved("message_settings", "message_settings", natural="action"),
    Moved(
        "notification_settings",
        "notification_settings",
        duplicates={"uq_notification_settings_type": overwrite},
    ),
    Moved(
        "image_sizes",
        "event_image_sizes",
        query="(SELECT * FROM image_sizes WHERE type = 'event-image')",
        singleton=True,
    ),
    Moved(
        "image_sizes of speakers",
        "speaker_image_sizes",
        query="(SELECT * FROM image_sizes WHERE type = 'speaker-image')",
        needs=("image_sizes",),
        singleton=True,
    ),
    Moved("ticket_fees", "ticket_fees", duplicates={"uq_ticket_fees_currency": overwrite}),
    Moved("pages", "pages"),
    Moved("event_types", "event_types", duplicates={"uq_event_types_slug": share}),
    Moved("event_topics", "event_topics", duplicates={"uq_event_topics_slug": share}),
    Moved("event_sub_topics", "event_sub_topics", duplicates={"uq_event_sub_topics_slug": share}),
    Moved("event_locations", "event_locations", duplicates={"uq_event_locations_slug": share}),
    Moved(
        "custom_placeholders",
        "custom_placeholders",
        duplicates={"uq_custom_placeholders_event_sub_topic_id": overwrite},
    ),
)
