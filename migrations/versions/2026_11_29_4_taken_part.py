"""ids_of_events_taken_part_in(): the events where somebody has an order, a ticket, a session or a speaker."""

from alembic import op

revision = "2026_11_29_4_taken_part"
down_revision = "2026_11_29_4_rooms_recorded"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION ids_of_events_taken_part_in(
          viewer_id bigint, viewer_profile_id bigint, is_verified boolean, viewer_email text
        ) RETURNS bigint[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
        BEGIN RETURN ARRAY(
          SELECT bought.event_id FROM orders bought
          WHERE (bought."user_id" = $1::bigint AND bought."profile_id" IS NOT DISTINCT FROM $2::bigint)
          UNION ALL SELECT coming.event_id FROM attendees coming
          WHERE ($3::boolean AND lower(coming."email") = lower($4::text)) AND coming.deleted_at IS NULL
          UNION ALL SELECT talk.event_id FROM sessions talk
          WHERE (talk."creator_id" = $1::bigint AND talk."profile_id" IS NOT DISTINCT FROM $2::bigint)
          AND talk.deleted_at IS NULL
          UNION ALL SELECT speaker.event_id FROM speakers speaker
          WHERE (speaker."user_id" = $1::bigint AND speaker."profile_id" IS NOT DISTINCT FROM $2::bigint)
          AND speaker.deleted_at IS NULL
        ); END $$
        """
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION ids_of_events_taken_part_in(bigint, bigint, boolean, text)")
