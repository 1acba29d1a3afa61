"""What is limited to tracks, session types or tickets ends with the last of them, and is not for all then."""

from alembic import op

revision = "2026_12_24_1_last_scopes"
down_revision = "2026_12_22_3_former_texts"
branch_labels = None
depends_on = None

# A call that named the last track or type ends; in the trash it might leave an event without any call, which
# takes everything. Reviewers of a team that covered this track alone become inactive.
_OF_TRACKS = """
CREATE FUNCTION end_what_names_tracks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE submission_calls called SET ends_at = least(called.ends_at, now())
    FROM submission_calls_tracks mine
   WHERE mine.submission_call_id = called.id AND mine.track_id = OLD.id
     AND NOT EXISTS (SELECT FROM submission_calls_tracks other
           WHERE other.submission_call_id = called.id AND other.track_id <> OLD.id);
  UPDATE reviewers person SET is_active = FALSE
    FROM review_teams_tracks mine
   WHERE mine.review_team_id = person.team_id AND mine.track_id = OLD.id AND person.is_active
     AND NOT EXISTS (SELECT FROM review_teams_tracks other
           WHERE other.review_team_id = person.team_id AND other.track_id <> OLD.id);
  RETURN OLD;
END $$
"""
_OF_TYPES = """
CREATE FUNCTION end_what_names_session_types() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE submission_calls called SET ends_at = least(called.ends_at, now())
    FROM submission_calls_session_types mine
   WHERE mine.submission_call_id = called.id AND mine.session_type_id = OLD.id
     AND NOT EXISTS (SELECT FROM submission_calls_session_types other
           WHERE other.submission_call_id = called.id AND other.session_type_id <> OLD.id);
  RETURN OLD;
END $$
"""
# Sign-up with this kind of ticket alone is over.
_OF_TICKETS = """
CREATE FUNCTION end_what_names_tickets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE sessions talk SET sign_up_closes_at = least(talk.sign_up_closes_at, now())
    FROM sessions_sign_up_tickets mine
   WHERE mine.session_id = talk.id AND mine.ticket_id = OLD.id
     AND NOT EXISTS (SELECT FROM sessions_sign_up_tickets other
           WHERE other.session_id = talk.id AND other.ticket_id <> OLD.id);
  RETURN OLD;
END $$
"""
_TABLES = ("tracks", "session_types", "tickets")


def upgrade() -> None:
    for function in (_OF_TRACKS, _OF_TYPES, _OF_TICKETS):
        op.execute(function)
    for table in _TABLES:
        name = f"end_what_names_{table}"
        op.execute(f"CREATE TRIGGER {name} BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    for table in _TABLES:
        op.execute(f"DROP TRIGGER end_what_names_{table} ON {table}")
        op.execute(f"DROP FUNCTION end_what_names_{table}()")
