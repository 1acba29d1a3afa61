"""Derived excerpts of the long texts of events, sessions and speakers."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_3_excerpts"
down_revision = "2026_11_21_2_ordering"
branch_labels = None
depends_on = None

# Table -> source columns of the excerpt: the first non-empty one.
_TEXTS = {
    "events": ("description",),
    "sessions": ("short_abstract", "long_abstract"),
    "speakers": ("short_biography", "long_biography"),
}
_BATCH = 1000


def upgrade() -> None:
    # Imported here: what an excerpt is may change, and then it is made anew whenever its text is written.
    from chalicelib.resources.excerpts import excerpt

    connection = op.get_bind()
    for table, texts in _TEXTS.items():
        op.add_column(table, sa.Column("excerpt", sa.Text(), nullable=True))
        last = 0
        while True:
            rows = connection.execute(_page(table, texts), {"last": last, "batch": _BATCH}).all()
            if not rows:
                break
            last = rows[-1][0]
            found = [{"of": row[0], "said": next(filter(None, map(excerpt, row[1:])), None)} for row in rows]
            connection.execute(sa.text(f"UPDATE {table} SET excerpt = :said WHERE id = :of"), found)  # noqa: S608


def _page(table: str, texts: tuple[str, ...]) -> sa.TextClause:
    columns = ", ".join(texts)
    return sa.text(f"SELECT id, {columns} FROM {table} WHERE id > :last ORDER BY id LIMIT :batch")  # noqa: S608


def downgrade() -> None:
    for table in _TEXTS:
        op.drop_column(table, "excerpt")
