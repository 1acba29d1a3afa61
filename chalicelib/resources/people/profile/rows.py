"""Moves all rows of a user or profile to another, for joining and detaching accounts."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db

# Tables with a profile_id -> their column with the user.
OF_PROFILE: Final = {
    "users_events_roles": "user_id",
    "users_groups_roles": "user_id",
    "groups": "user_id",
    "orders": "user_id",
    "sessions": "creator_id",
    "speakers": "user_id",
    "event_invoices": "user_id",
    "notifications": "user_id",
    "task_results": "user_id",
}
# Of what is unique for a holder: the same may be there already, and both are kept.
_AND_SET: Final = {"notifications": ", group_key = NULL"}
# Tables of personal rows, independent of profiles: (table, user column, condition of duplicates).
OF_PERSON: Final = (
    ("user_emails", "user_id", "FALSE"),
    ("user_favourite_events", "user_id", "kept.event_id = moved.event_id AND kept.deleted_at IS NULL"),
    ("user_favourite_sessions", "user_id", "kept.session_id = moved.session_id"),
    ("user_follow_groups", "user_id", "kept.group_id = moved.group_id"),
    ("reviewers", "user_id", "FALSE"),
    ("review_assignments", "user_id", "FALSE"),
    ("reviews", "user_id", "FALSE"),
    ("review_comments", "user_id", "FALSE"),
    ("feedbacks", "user_id", "kept.session_id = moved.session_id AND kept.deleted_at IS NULL"),
    ("email_notifications", "user_id", "FALSE"),
    ("notification_actors", "user_id", "kept.content_id = moved.content_id"),
    ("push_subscriptions", "user_id", "FALSE"),
    ("video_stream_moderators", "user_id", "FALSE"),
    ("import_jobs", "user_id", "FALSE"),
    ("discount_codes", "marketer_id", "FALSE"),
    ("access_codes", "marketer_id", "FALSE"),
    ("orders", "marketer_id", "FALSE"),
    ("uploads", "creator_id", "FALSE"),
    ("bulk_mails", "author_id", "FALSE"),
    ("bulk_mails", "approver_id", "FALSE"),
    ("bulk_mails", "sender_id", "FALSE"),
    ("door_scans", "user_id", "FALSE"),
    ("ticket_cancellations", "cancelled_by_id", "FALSE"),
    ("ticket_transfers", "offered_by_id", "FALSE"),
    ("waiting_list_entries", "user_id", "FALSE"),
    ("form_requests", "asked_by_id", "FALSE"),
    ("ticket_exchanges", "asked_by_id", "FALSE"),
)


@dataclass(frozen=True, slots=True)
class Holder:
    """A user, under one of their profiles or (None) as themselves."""

    user_id: int
    profile_id: int | None = None


def hand_over(session: Session, former: Holder, holder: Holder) -> None:
    """Move all rows of one holder to the other. Raises DBAPIError where a unique constraint is violated."""
    for table, column in OF_PROFILE.items():
        db.fetch(
            session,
            f'UPDATE {table} SET "{column}" = $3, profile_id = $4{_AND_SET.get(table, "")} '  # noqa: S608 - our own names
            f'WHERE "{column}" = $1 AND profile_id IS NOT DISTINCT FROM $2::bigint',
            [former.user_id, former.profile_id, holder.user_id, holder.profile_id],
        )


def take_in(session: Session, joined_id: int, holder: Holder) -> None:
    """Move everything of another user to the holder: rows of profiles, and personal rows.

    Duplicate favourites, follows and ratings stay with the other account, and still count. Raises DBAPIError
    where a unique constraint is violated.
    """
    former = db.fetch(session, "SELECT id FROM profiles WHERE user_id = $1", [joined_id])
    for profile_id in (None, *(row[0] for row in former)):
        hand_over(session, Holder(joined_id, profile_id), holder)
    for table, column, too_many in OF_PERSON:
        db.fetch(
            session,
            f'UPDATE {table} moved SET "{column}" = $2 WHERE "{column}" = $1 '  # noqa: S608 - our own names
            f'AND NOT EXISTS (SELECT FROM {table} kept WHERE kept."{column}" = $2 AND {too_many})',
            [joined_id, holder.user_id],
        )
