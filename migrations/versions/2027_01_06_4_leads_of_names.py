"""A ticket whose first and last name both change is another person's, who has agreed to hand nothing over."""

from alembic import op

revision = "2027_01_06_4_leads_of_names"
down_revision = "2027_01_06_3_transfer_notices"
branch_labels = None
depends_on = None

_DROP = "DROP TRIGGER forget_leads_of_former_holder ON attendees"
_CREATE = """
CREATE TRIGGER forget_leads_of_former_holder AFTER UPDATE OF {columns} ON attendees FOR EACH ROW
WHEN (OLD.email IS NOT NULL AND (lower(OLD.email) IS DISTINCT FROM lower(NEW.email)
  OR OLD.transferred_at IS DISTINCT FROM NEW.transferred_at{more}))
EXECUTE FUNCTION forget_leads_of_former_holder()
"""
_NAMES = """
  OR (OLD.firstname IS DISTINCT FROM NEW.firstname AND OLD.lastname IS DISTINCT FROM NEW.lastname)"""


def upgrade() -> None:
    op.execute(_DROP)
    op.execute(_CREATE.format(columns="firstname, lastname, email, transferred_at", more=_NAMES))


def downgrade() -> None:
    op.execute(_DROP)
    op.execute(_CREATE.format(columns="email, transferred_at", more=""))
