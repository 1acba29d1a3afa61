"""Events, who does what at them, and what their pages show."""

from typing import Final

from chalicelib.moving_in import finishing
from chalicelib.moving_in.tables import Moved, refuse, share, trash

TABLES: Final = (
    Moved(
        "events",
        "events",
        # Chats are made anew, and files of the schedule are written by what serves them.
        columns={"chat_room_name": "", "pentabarf_url": "", "ical_url": "", "xcal_url": ""},
        after=finishing.link_locations,
    ),
    Moved("users_events_roles", "users_events_roles", duplicates={"uq_users_events_roles": share}),
    Moved(
        "role_invites",
        "role_invites",
        # One invitation for each address: the one that can still be answered.
        last="status IS DISTINCT FROM 'pending'",
        duplicates={"uq_role_invites_email": refuse, "uq_role_invites_hash": refuse},
    ),
    Moved("tax", "taxes", duplicates={"uq_taxes_event": trash}),
    Moved(
        "event_copyrights",
        "event_copyrights",
        columns={"logo_url": "logo"},
        duplicates={"uq_event_copyrights_event": trash},
    ),
    Moved("social_links", "social_links"),
    Moved("sponsors", "sponsors"),
    Moved("exhibitors", "exhibitors"),
    Moved("faq_types", "faq_types", duplicates={"uq_faq_types_name": share}),
    Moved("faq", "faqs"),
    Moved(
        "stripe_authorizations",
        "stripe_authorizations",
        # The platform acts with its own key: neither code nor tokens are kept.
        columns={"account": "stripe_user_id"},
        duplicates={"uq_stripe_authorizations_event": refuse},
    ),
    Moved("user_favourite_events", "user_favourite_events", duplicates={"uq_user_favourite_events": share}),
)
