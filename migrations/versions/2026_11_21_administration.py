"""Administration: settings, pages, message settings and logs."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_administration"
down_revision = "2026_11_21_news"
branch_labels = None
depends_on = None

# (kind of email, recipient, subject, text).
MESSAGES = [
    (
        "user_registration",
        "User",
        "Welcome to {app_name}",
        "You have registered; please confirm your address.",
    ),
    (
        "user_confirmation",
        "User",
        "Confirm your e-mail address",
        "Follow the link to show that the address is yours.",
    ),
    ("user_change_email", "User", "Your e-mail address has changed", "Your account has a new address now."),
    (
        "new_session",
        "Owner",
        "New session proposal: {session_name}",
        "Somebody has proposed a session for {event_name}.",
    ),
    ("password_reset", "User", "Set a new password", "Follow the link to set a new password."),
    ("password_change", "User", "Your password has changed", "The password of your account was changed."),
    (
        "password_reset_verify",
        "User",
        "Set a password for your account",
        "An order made an account for you; set its password.",
    ),
    (
        "event_role",
        "Invited person",
        "Invitation to help with {event_name}",
        "You are invited to be {role} of {event_name}.",
    ),
    (
        "speaker_invite",
        "Invited speaker",
        "Invitation to speak at {event_name}",
        "You are invited to the session {session_name}.",
    ),
    (
        "group_role",
        "Invited person",
        "Invitation to help with {group_name}",
        "You are invited to be {role} of {group_name}.",
    ),
    (
        "session_state_change",
        "Speakers",
        "Your session {session_name} is {session_state}",
        "The state of your session at {event_name} has changed.",
    ),
    (
        "ticket_purchased",
        "Buyer",
        "Your tickets for {event_name}",
        "Your order {order} is complete; the tickets are attached.",
    ),
    (
        "ticket_purchased_attendee",
        "Attendee",
        "Your ticket for {event_name}",
        "You have a ticket for {event_name}; it is attached.",
    ),
    (
        "ticket_purchased_organizer",
        "Organizers",
        "New order for {event_name}",
        "{buyer} has ordered tickets: order {order}.",
    ),
    (
        "ticket_cancelled",
        "Buyer",
        "Order {order} is cancelled",
        "Your tickets for {event_name} are no longer valid.",
    ),
    ("event_exported", "Organizer", "{event_name} is exported", "The export of your event is ready."),
    (
        "event_export_fail",
        "Organizer",
        "{event_name} could not be exported",
        "The export of your event has failed.",
    ),
    ("event_imported", "Organizer", "{event_name} is imported", "The import of your event is done."),
    (
        "event_import_fail",
        "Organizer",
        "The import of an event has failed",
        "Your file could not be imported.",
    ),
    (
        "monthly_payment",
        "Owner",
        "Invoice for {event_name}",
        "The invoice for the tickets sold last month is ready.",
    ),
    ("after_event", "Organizers", "{event_name} is over", "Thank you for organising {event_name}."),
    ("after_event_speaker", "Speakers", "{event_name} is over", "Thank you for speaking at {event_name}."),
    (
        "monthly_payment_follow_up",
        "Owner",
        "Invoice for {event_name} is due",
        "Please pay the invoice for {event_name}.",
    ),
    (
        "monthly_payment_pre_due",
        "Owner",
        "Invoice for {event_name} is due soon",
        "The invoice for {event_name} is due in a few days.",
    ),
    (
        "monthly_payment_post_due",
        "Owner",
        "Invoice for {event_name} is overdue",
        "The invoice for {event_name} is overdue.",
    ),
    ("test_mail", "Staff", "Test mail", "Mails from this server arrive."),
    ("contact_organizers", "Organizers", "A question about {event_name}", "{attendee_name} asks: {message}"),
    (
        "contact_group_organizers",
        "Group organizers",
        "A question about {group_name}",
        "{attendee_name} asks: {message}",
    ),
    (
        "video_moderator_invite",
        "Invited moderator",
        "Invitation to moderate {video_name}",
        "You are invited to moderate a video room of {event_name}.",
    ),
    (
        "ticket_sales_end",
        "Organizers",
        "Ticket sales for {event_name} have ended",
        "The sales of your tickets have ended.",
    ),
    (
        "ticket_sales_end_tomorrow",
        "Organizers",
        "Ticket sales for {event_name} end tomorrow",
        "The sales of your tickets end tomorrow.",
    ),
    (
        "ticket_sales_end_next_week",
        "Organizers",
        "Ticket sales for {event_name} end next week",
        "The sales of your tickets end in a week.",
    ),
    ("announce_event", "Followers", "{group_name} has a new event", "{event_name} has been announced."),
]

SETTINGS: dict[str, object] = {
    "app_name": "Open Event",
    "tagline": "Events, from the call for speakers to the last visitor",
    "start_pg_enabled": "default",
    "cookie_policy": "This site uses cookies to keep you signed in, and for nothing else.",
    "order_expiry_time": 15,
    "max_complex_custom_fields": 30,
    "is_paytm_activated": False,
    "logo_size": 1000,
    "image_size": 10000,
    "slide_size": 20000,
    "app_environment": "production",
    "is_google_recaptcha_enabled": False,
    "invoice_sending_day": 1,
    "invoice_sending_timezone": "UTC",
}

EVENT_IMAGE_SIZES: dict[str, object] = {
    "type": "event-image",
    "full_width": 1300,
    "full_height": 500,
    "full_aspect": True,
    "full_quality": 80,
    "icon_width": 75,
    "icon_height": 30,
    "icon_aspect": True,
    "icon_quality": 80,
    "thumbnail_width": 500,
    "thumbnail_height": 200,
    "thumbnail_aspect": True,
    "thumbnail_quality": 80,
    "logo_width": 500,
    "logo_height": 200,
}

SPEAKER_IMAGE_SIZES: dict[str, object] = {
    "type": "speaker-image",
    "small_size_width_height": 50,
    "small_size_quality": 80,
    "thumbnail_size_width_height": 500,
    "thumbnail_size_quality": 80,
    "icon_size_width_height": 35,
    "icon_size_quality": 80,
}


def upgrade() -> None:
    op.create_table(
        "activities",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("action", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_activities"),
    )
    op.create_index("ix_activities_time", "activities", ["time"], unique=False)
    op.create_table(
        "event_image_sizes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("full_width", sa.Integer(), nullable=True),
        sa.Column("full_height", sa.Integer(), nullable=True),
        sa.Column("full_aspect", sa.Boolean(), nullable=False),
        sa.Column("full_quality", sa.Integer(), nullable=True),
        sa.Column("icon_width", sa.Integer(), nullable=True),
        sa.Column("icon_height", sa.Integer(), nullable=True),
        sa.Column("icon_aspect", sa.Boolean(), nullable=False),
        sa.Column("icon_quality", sa.Integer(), nullable=True),
        sa.Column("thumbnail_width", sa.Integer(), nullable=True),
        sa.Column("thumbnail_height", sa.Integer(), nullable=True),
        sa.Column("thumbnail_aspect", sa.Boolean(), nullable=False),
        sa.Column("thumbnail_quality", sa.Integer(), nullable=True),
        sa.Column("logo_width", sa.Integer(), nullable=True),
        sa.Column("logo_height", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_event_image_sizes"),
    )
    op.create_table(
        "mails",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=True),
        sa.Column("time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("action", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
    )
    op.create_index("ix_mails_time", "mails", ["time"], unique=False)
    op.create_table(
        "message_settings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("email_subject", sa.Text(), nullable=False),
        sa.Column("email_message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_message_settings"),
        sa.UniqueConstraint("action", name="uq_message_settings_action"),
    )
    op.create_table(
        "pages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pages"),
    )
    op.create_table(
        "settings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("app_name", sa.Text(), nullable=True),
        sa.Column("tagline", sa.Text(), nullable=True),
        sa.Column("order_expiry_time", sa.Integer(), nullable=False),
        sa.Column("start_pg_event_id", sa.Text(), nullable=True),
        sa.Column("start_pg_enabled", sa.Text(), nullable=True),
        sa.Column("max_complex_custom_fields", sa.Integer(), nullable=False),
        sa.Column("analytics_key", sa.Text(), nullable=True),
        sa.Column("fb_client_id", sa.Text(), nullable=True),
        sa.Column("google_url", sa.Text(), nullable=True),
        sa.Column("github_url", sa.Text(), nullable=True),
        sa.Column("twitter_url", sa.Text(), nullable=True),
        sa.Column("support_url", sa.Text(), nullable=True),
        sa.Column("facebook_url", sa.Text(), nullable=True),
        sa.Column("instagram_url", sa.Text(), nullable=True),
        sa.Column("patreon_url", sa.Text(), nullable=True),
        sa.Column("gitter_url", sa.Text(), nullable=True),
        sa.Column("telegram_url", sa.Text(), nullable=True),
        sa.Column("youtube_url", sa.Text(), nullable=True),
        sa.Column("weblate_url", sa.Text(), nullable=True),
        sa.Column("frontend_url", sa.Text(), nullable=True),
        sa.Column("rocket_chat_url", sa.Text(), nullable=True),
        sa.Column("cookie_policy", sa.Text(), nullable=True),
        sa.Column("cookie_policy_link", sa.Text(), nullable=True),
        sa.Column("is_paytm_activated", sa.Boolean(), nullable=False),
        sa.Column("stripe_client_id", sa.Text(), nullable=True),
        sa.Column("stripe_publishable_key", sa.Text(), nullable=True),
        sa.Column("stripe_test_client_id", sa.Text(), nullable=True),
        sa.Column("stripe_test_publishable_key", sa.Text(), nullable=True),
        sa.Column("stripe_mode", sa.Text(), nullable=True),
        sa.Column("paypal_mode", sa.Text(), nullable=True),
        sa.Column("paypal_client", sa.Text(), nullable=True),
        sa.Column("paypal_sandbox_client", sa.Text(), nullable=True),
        sa.Column("omise_mode", sa.Text(), nullable=True),
        sa.Column("omise_test_public", sa.Text(), nullable=True),
        sa.Column("omise_live_public", sa.Text(), nullable=True),
        sa.Column("alipay_publishable_key", sa.Text(), nullable=True),
        sa.Column("paytm_mode", sa.Text(), nullable=True),
        sa.Column("paytm_live_merchant", sa.Text(), nullable=True),
        sa.Column("paytm_sandbox_merchant", sa.Text(), nullable=True),
        sa.Column("admin_billing_contact_name", sa.Text(), nullable=True),
        sa.Column("admin_billing_phone", sa.Text(), nullable=True),
        sa.Column("admin_billing_email", sa.Text(), nullable=True),
        sa.Column("admin_billing_state", sa.Text(), nullable=True),
        sa.Column("admin_billing_country", sa.Text(), nullable=True),
        sa.Column("admin_billing_tax_info", sa.Text(), nullable=True),
        sa.Column("admin_company", sa.Text(), nullable=True),
        sa.Column("admin_billing_address", sa.Text(), nullable=True),
        sa.Column("admin_billing_city", sa.Text(), nullable=True),
        sa.Column("admin_billing_zip", sa.Text(), nullable=True),
        sa.Column("admin_billing_additional_info", sa.Text(), nullable=True),
        sa.Column("admin_billing_logo", sa.Text(), nullable=True),
        sa.Column("logo_size", sa.Integer(), nullable=False),
        sa.Column("image_size", sa.Integer(), nullable=False),
        sa.Column("slide_size", sa.Integer(), nullable=False),
        sa.Column("android_app_url", sa.Text(), nullable=True),
        sa.Column("web_app_url", sa.Text(), nullable=True),
        sa.Column("app_environment", sa.Text(), nullable=False),
        sa.Column("static_domain", sa.Text(), nullable=True),
        sa.Column("storage_place", sa.Text(), nullable=True),
        sa.Column("aws_key", sa.Text(), nullable=True),
        sa.Column("aws_secret", sa.Text(), nullable=True),
        sa.Column("aws_bucket_name", sa.Text(), nullable=True),
        sa.Column("aws_region", sa.Text(), nullable=True),
        sa.Column("gs_key", sa.Text(), nullable=True),
        sa.Column("gs_secret", sa.Text(), nullable=True),
        sa.Column("gs_bucket_name", sa.Text(), nullable=True),
        sa.Column("is_google_recaptcha_enabled", sa.Boolean(), nullable=False),
        sa.Column("google_recaptcha_site", sa.Text(), nullable=True),
        sa.Column("google_recaptcha_secret", sa.Text(), nullable=True),
        sa.Column("google_client_id", sa.Text(), nullable=True),
        sa.Column("google_client_secret", sa.Text(), nullable=True),
        sa.Column("fb_client_secret", sa.Text(), nullable=True),
        sa.Column("tw_consumer_key", sa.Text(), nullable=True),
        sa.Column("tw_consumer_secret", sa.Text(), nullable=True),
        sa.Column("in_client_id", sa.Text(), nullable=True),
        sa.Column("in_client_secret", sa.Text(), nullable=True),
        sa.Column("stripe_secret_key", sa.Text(), nullable=True),
        sa.Column("stripe_test_secret_key", sa.Text(), nullable=True),
        sa.Column("paypal_secret", sa.Text(), nullable=True),
        sa.Column("paypal_sandbox_secret", sa.Text(), nullable=True),
        sa.Column("omise_test_secret", sa.Text(), nullable=True),
        sa.Column("omise_live_secret", sa.Text(), nullable=True),
        sa.Column("alipay_secret_key", sa.Text(), nullable=True),
        sa.Column("paytm_live_secret", sa.Text(), nullable=True),
        sa.Column("paytm_sandbox_secret", sa.Text(), nullable=True),
        sa.Column("email_service", sa.Text(), nullable=True),
        sa.Column("email_from", sa.Text(), nullable=True),
        sa.Column("email_from_name", sa.Text(), nullable=True),
        sa.Column("sendgrid_key", sa.Text(), nullable=True),
        sa.Column("smtp_host", sa.Text(), nullable=True),
        sa.Column("smtp_username", sa.Text(), nullable=True),
        sa.Column("smtp_password", sa.Text(), nullable=True),
        sa.Column("smtp_port", sa.Integer(), nullable=True),
        sa.Column("smtp_encryption", sa.Text(), nullable=True),
        sa.Column("rocket_chat_registration_secret", sa.Text(), nullable=True),
        sa.Column("invoice_sending_day", sa.Integer(), nullable=False),
        sa.Column("invoice_sending_timezone", sa.Text(), nullable=False),
        sa.Column("admin_billing_paypal_email", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_settings"),
    )
    op.create_table(
        "speaker_image_sizes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("small_size_width_height", sa.Integer(), nullable=True),
        sa.Column("small_size_quality", sa.Integer(), nullable=True),
        sa.Column("thumbnail_size_width_height", sa.Integer(), nullable=True),
        sa.Column("thumbnail_size_quality", sa.Integer(), nullable=True),
        sa.Column("icon_size_width_height", sa.Integer(), nullable=True),
        sa.Column("icon_size_quality", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_speaker_image_sizes"),
    )
    op.create_table(
        "import_jobs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("result_status", sa.Text(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_import_jobs_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_import_jobs"),
    )
    op.create_index("ix_import_jobs_user_id", "import_jobs", ["user_id"], unique=False)
    messages = sa.table(
        "message_settings",
        sa.column("action"),
        sa.column("enabled"),
        sa.column("recipient"),
        sa.column("email_subject"),
        sa.column("email_message"),
    )
    op.bulk_insert(
        messages,
        [
            {
                "action": action,
                "enabled": True,
                "recipient": recipient,
                "email_subject": subject,
                "email_message": message,
            }
            for action, recipient, subject, message in MESSAGES
        ],
    )
    for name, row in {
        "settings": SETTINGS,
        "event_image_sizes": EVENT_IMAGE_SIZES,
        "speaker_image_sizes": SPEAKER_IMAGE_SIZES,
    }.items():
        op.bulk_insert(sa.table(name, *(sa.column(column) for column in row)), [row])


def downgrade() -> None:
    op.drop_table("import_jobs")
    op.drop_table("speaker_image_sizes")
    op.drop_table("settings")
    op.drop_table("pages")
    op.drop_table("message_settings")
    op.drop_table("mails")
    op.drop_table("event_image_sizes")
    op.drop_table("activities")
