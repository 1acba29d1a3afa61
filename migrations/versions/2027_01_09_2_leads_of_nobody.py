"""A ticket without an address, or with one name alone, is another person's too once its name is another."""

from alembic import op

revision = "2027_01_09_2_leads_of_nobody"
down_revision = "2027_01_09_1_followed_doors"
branch_labels = None
depends_on = None

_DROP = "DROP TRIGGER forget_leads_of_former_holder ON attendees"
_CREATE = """
CREATE TRIGGER forget_leads_of_former_holder AFTER UPDATE OF firstname, lastname, email, transferred_at
ON attendees FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION forget_leads_of_former_holder()
"""
# Who is named for the first time, or gives an address for the first time, is who was there before.
_WHEN = """OLD.transferred_at IS DISTINCT FROM NEW.transferred_at
  OR (OLD.email IS NOT NULL AND lower(OLD.email) IS DISTINCT FROM lower(NEW.email))
  OR (coalesce(OLD.firstname, OLD.lastname) IS NOT NULL
    AND (OLD.firstname = NEW.firstname OR OLD.lastname = NEW.lastname) IS NOT TRUE)"""
_FORMER = """OLD.email IS NOT NULL AND (lower(OLD.email) IS DISTINCT FROM lower(NEW.email)
  OR OLD.transferred_at IS DISTINCT FROM NEW.transferred_at
  OR (OLD.firstname IS DISTINCT FROM NEW.firstname AND OLD.lastname IS DISTINCT FROM NEW.lastname))"""


def upgrade() -> None:
    op.execute(_DROP)
    op.execute(_CREATE.format(when=_WHEN))


def downgrade() -> None:
    op.execute(_DROP)
    op.execute(_CREATE.format(when=_FORMER))
