"""Database defaults for attendees' booleans, for rows inserted by plain SQL."""

from chalicelib import ddl

revision = "2026_11_29_1_defaults"
down_revision = "2026_11_28_8_size"
branch_labels = None
depends_on = None

_OFF = (
    "is_checked_in", "is_checked_out", "is_registered", "is_badge_printed", "is_consent_of_refund_policy",
    "is_consent_form_field", "is_consent_form_field_photo", "is_consent_form_field_email",
)  # fmt: skip


def upgrade() -> None:
    ddl.set_defaults("attendees", dict.fromkeys(_OFF, "false"))


def downgrade() -> None:
    ddl.drop_defaults("attendees", *_OFF)
