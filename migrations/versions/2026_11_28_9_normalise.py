"""Old rows get today's stored form (excerpts, markup, keys, addresses) by the task normalise, afterwards.

It waits for an hour, in which the code that knows the task comes to the functions.
"""

from alembic import op

revision = "2026_11_28_9_normalise"
down_revision = "2026_11_21_9_visible"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A database without accounts has no rows either.
    op.execute(
        "INSERT INTO outbox (key, task, arguments, trace, created_at, due_at) "
        "SELECT 'normalise-2026_11_28', 'normalise', '{}', '', now(), now() + interval '1 hour' "
        "WHERE EXISTS (SELECT FROM users) ON CONFLICT (key) DO NOTHING"
    )


def downgrade() -> None:
    op.execute(
        "DELETE FROM outbox WHERE id IN "
        "(SELECT id FROM outbox WHERE key = 'normalise-2026_11_28' AND sent_at IS NULL LIMIT 1)"
    )
