"""Accounts, groups, and what belongs to a person alone."""

from typing import Final

from chalicelib.auth.former_hashes import PREFIX
from chalicelib.moving_in import finishing, values
from chalicelib.moving_in.tables import Linked, Moved, clear, refuse, share, trash

# Who has signed in here since has a hash of ours, which stays.
_SIGNED_IN: Final = f"t.password_hash IS NOT NULL AND t.password_hash NOT LIKE '{PREFIX}%'"

TABLES: Final = (
    Moved(
        "users",
        "users",
        columns={
            "email": "_email",
            "language_preference": "language_prefrence",
            # Tokens and the account at the chat service are made anew.
            "reset_token": "",
            "tokens_revoked_at": "",
            "token_version": "",
            "is_rocket_chat_registered": "",
        },
        values={"password_hash": values.former_password},
        # Of accounts whose addresses differ in letter case alone, the one that is proven and in use is kept.
        last="""id IN (SELECT id FROM (SELECT id, row_number() OVER (
            PARTITION BY lower(btrim(_email::text)) ORDER BY deleted_at IS NOT NULL, is_blocked IS TRUE,
            is_verified IS NOT TRUE, id) AS place FROM users) ranked WHERE place > 1)""",
        duplicates={"uq_users_email": share, "uq_users_facebook_id": clear("facebook_id")},
        ours={"password_hash": _SIGNED_IN},
    ),
    Moved("user_emails", "user_emails", duplicates={"uq_user_emails_email_address": trash}),
    Moved("groups", "groups"),
    Moved(
        "users_groups_roles",
        "users_groups_roles",
        duplicates={
            "uq_users_groups_roles_user": share,
            "uq_users_groups_roles_email": share,
            "uq_users_groups_roles_token": refuse,
        },
    ),
    Moved("user_follow_groups", "user_follow_groups", duplicates={"uq_user_follow_groups": share}),
)
LATER: Final = (
    Moved("email_notifications", "email_notifications"),
    Moved("notification_content", "notification_contents", after=finishing.describe_notifications),
    Linked(
        "notification_actors",
        "notification_actors",
        {"content_id": "content_id", "user_id": "actor_id"},
    ),
    Moved("notifications", "notifications"),
    Moved("mails", "mails"),
    Moved("activities", "activities"),
    Moved("import_jobs", "import_jobs"),
)
