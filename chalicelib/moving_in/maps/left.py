"""Old tables that have no place here, and why."""

from typing import Final

from chalicelib.moving_in.tables import Left

TABLES: Final = (
    Left("alembic_version", "of the old schema"),
    Left("versions", "of the old schema"),
    Left("transaction", "former versions of events are not kept here"),
    Left("events_version", "former versions of events are not kept here"),
    Left("export_jobs", "the files of former exports are gone: an export is made anew"),
    Left("sessions_speakers_links", "nothing reads it: speakers_sessions has the links"),
    Left("user_token_blacklist_time", "no token of the old server is valid here"),
    Left(
        "user_system_role",
        "roles of staff at single events are unknown here; the flags is_marketer and is_sales_admin come",
    ),
)
