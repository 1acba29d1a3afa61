"""A migration that would hold up who uses a table is refused before it is merged, with what to do instead."""

import ast
import shutil
from pathlib import Path

import pytest

from chalicelib.revision import newest
from devstack.database import ROOT
from devstack.migrations_check import EXEMPT, dangers, violations

_FILE = '''"""A migration."""

import sqlalchemy as sa
from alembic import op
{imports}
revision = "2030_01_01_new"
down_revision = "{after}"


def upgrade() -> None:
    op.create_table("fresh", sa.Column("id", sa.BigInteger(), nullable=False))
    {does}


def downgrade() -> None:
    op.drop_table("fresh")
'''


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project's migrations."""
    shutil.copytree(ROOT / "migrations", tmp_path / "migrations")
    return tmp_path


def told(does: str, imports: str = "") -> list[str]:
    """What is said of a new migration that does this in its twelfth line, each with the line."""
    text = _FILE.format(does=does, imports=imports, after="2026")
    return [f"{line}: {rule}" for line, rule in dangers(ast.parse(text))]


def test_no_migration_would_hold_anybody_up() -> None:
    assert [str(violation) for violation in violations(ROOT)] == []


@pytest.mark.parametrize(
    ("does", "instead"),
    [
        ('op.create_index("ix", "orders", ["status"])', "ddl.create_index"),
        ('op.create_index("ix", table_name="orders", columns=["status"])', "ddl.create_index"),
        ('op.create_index("ix", "orders", ["status"], postgresql_concurrently=True)', "ddl.create_index"),
        ('[op.create_index("ix", table, ["status"]) for table in ("orders", "events")]', "ddl.create_index"),
        ('op.execute("CREATE UNIQUE INDEX ix ON orders (status)")', "ddl.create_index"),
        ('op.add_column("orders", sa.Column("a", sa.Text(), nullable=False))', "ddl.set_not_null"),
        (
            'op.add_column("orders", sa.Column("a", sa.Uuid(), nullable=False, server_default=sa.text("gen_random_uuid()")))',
            "ddl.update_in_batches",
        ),
        (
            'op.add_column("orders", sa.Column("a", sa.DateTime(), server_default=sa.func.clock_timestamp()))',
            "ddl.update_in_batches",
        ),
        ('op.add_column("orders", sa.Column("a", sa.Integer(), sa.Computed("1")))', "fill a plain one"),
        ('op.add_column("orders", sa.Column("a", sa.Integer(), sa.ForeignKey("users.id")))', "ddl.add_foreign_key"),
        ('op.add_column("orders", sa.Column("a", sa.Integer(), unique=True))', "ddl.add_unique"),
        ('op.add_column("orders", sa.Column("a", sa.Integer(), index=True))', "ddl.create_index"),
        ('op.add_column("orders", sa.Column("a", sa.Integer(), sa.CheckConstraint("a > 0")))', "ddl.add_check"),
        ('op.add_column("orders", COLUMN)', "write the column out"),
        ('op.execute("ALTER TABLE orders ADD COLUMN a text NOT NULL")', "ddl.set_not_null"),
        ('op.execute("ALTER TABLE orders ADD a uuid DEFAULT gen_random_uuid()")', "fill it in batches"),
        ('op.execute("ALTER TABLE orders ADD COLUMN a bigint REFERENCES users")', "ddl.add_foreign_key"),
        ('op.alter_column("orders", "status", type_=sa.String(20))', "ddl.narrow"),
        ('op.execute("ALTER TABLE orders ALTER status TYPE varchar(20)")', "ddl.narrow"),
        ('op.execute("ALTER TABLE ONLY orders ALTER COLUMN status SET DATA TYPE varchar(20)")', "ddl.narrow"),
        ('op.alter_column("orders", "status", nullable=False)', "ddl.set_not_null"),
        ('op.execute("ALTER TABLE orders ALTER COLUMN status SET NOT NULL")', "ddl.set_not_null"),
        ('op.create_check_constraint("ck", "orders", "amount > 0")', "ddl.add_check"),
        ('op.execute("ALTER TABLE orders ADD CONSTRAINT ck CHECK (amount > 0)")', "ddl.add_check"),
        ('op.create_foreign_key("fk", "orders", "users", ["user_id"], ["id"])', "ddl.add_foreign_key"),
        (
            'op.execute("ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users (id)")',
            "ddl.add_foreign_key",
        ),
        ('op.execute("ALTER TABLE orders VALIDATE CONSTRAINT ck")', "ddl.add_check or ddl.add_foreign_key"),
        ('op.create_unique_constraint("uq", "orders", ["reference"])', "ddl.add_unique"),
        ('op.create_primary_key("pk", "orders", ["id"])', "ddl.add_unique"),
        ('op.execute("ALTER TABLE orders ADD CONSTRAINT uq UNIQUE (reference)")', "ddl.add_unique"),
        ('op.execute("UPDATE orders SET status = \'new\' WHERE status IS NULL")', "ddl.update_in_batches"),
        ('op.execute("DELETE FROM orders WHERE status IS NULL")', "ddl.update_in_batches"),
        ('op.execute(f"UPDATE {table} SET a = 1")', "ddl.update_in_batches"),
        ('op.execute("WITH a AS (SELECT 1) UPDATE orders o SET x = 1 FROM a WHERE o.id = a.id")', "ddl.update_in_batches"),
        ('op.execute("UPDATE fresh SET a = 1; UPDATE orders SET a = 1")', "ddl.update_in_batches"),
        ('op.execute(sa.update(orders).values(status="new"))', "ddl.update_in_batches"),
        ('op.get_bind().execute(orders.update().values(status="new"))', "ddl.update_in_batches"),
        ('op.execute("DO $$ BEGIN UPDATE orders SET a = 1; END $$")', "ddl.update_in_batches"),
        ('op.execute("LOCK TABLE orders")', "not for migrations"),
        ('op.execute("REINDEX TABLE orders")', "not for migrations"),
        ('with op.batch_alter_table("orders") as batch: batch.drop_column("status")', "write the steps out"),
        ('with op.get_context().autocommit_block(): pass', "chalicelib.ddl, which goes on"),
    ],
)  # fmt: skip
def test_what_would_hold_people_up_is_refused_with_what_to_do_instead(does: str, instead: str) -> None:
    found = told(does)

    assert any(item.startswith("12: ") and instead in item for item in found), found


@pytest.mark.parametrize(
    "does",
    [
        'op.create_index("ix", "fresh", ["status"], unique=True)',
        'op.create_foreign_key("fk", "fresh", "users", ["user_id"], ["id"])',
        'op.execute("UPDATE fresh SET a = 1")',
        'op.execute("CREATE TABLE other (id bigint); CREATE INDEX ix ON other (id); UPDATE other SET id = 1")',
        'op.add_column("orders", sa.Column("a", sa.Text(), nullable=True))',
        'op.add_column("orders", sa.Column("a", sa.Integer(), nullable=False, server_default=sa.text("0")))',
        'op.add_column("orders", sa.Column("a", sa.Text(), nullable=False, server_default="gen(x)"))',
        'op.add_column("orders", sa.Column("a", sa.Boolean(), nullable=False, server_default=sa.false()))',
        'op.add_column("orders", sa.Column("a", sa.DateTime(), nullable=False, server_default=sa.text("now()")))',
        "op.execute(\"ALTER TABLE orders ADD COLUMN a numeric(10, 2) DEFAULT 0 NOT NULL\")",
        'op.alter_column("orders", "status", nullable=True)',
        'op.alter_column("orders", "status", server_default="new")',
        'op.create_check_constraint("ck", "orders", "amount > 0", postgresql_not_valid=True)',
        'op.execute("ALTER TABLE orders ADD CONSTRAINT ck CHECK (amount > 0) NOT VALID")',
        'op.execute("UPDATE orders SET a = 1 WHERE id = 7")',
        'op.execute(f"UPDATE {table} SET a = 1 WHERE id IN ({ids})")',
        'op.execute("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE orders SET a = 1; END $$")',
        'op.execute("CREATE TRIGGER t AFTER UPDATE OF status ON orders EXECUTE FUNCTION f()")',
        'op.bulk_insert(roles, [{"name": "owner"}])',
        'op.drop_column("orders", "status")',
        '"update orders set it right, by hand"',
    ],
)  # fmt: skip
def test_what_holds_nobody_up_is_not_refused(does: str) -> None:
    assert told(does) == []


def test_what_ddl_does_is_not_refused(copy: Path) -> None:
    path = copy / "migrations" / "versions" / "2030_01_01_new.py"
    path.write_text(
        '"""A migration."""\nfrom alembic import op\nfrom chalicelib import ddl\n\n'
        f'revision = "2030_01_01_new"\ndown_revision = "{newest()}"\n\n'
        'def upgrade() -> None:\n    ddl.create_index(op.f("ix"), "orders", ["status"])\n'
        '    ddl.narrow("orders", "status", 20)\n'
    )

    assert violations(copy) == []


@pytest.mark.parametrize("imports", ["from chalicelib import ddl", "from chalicelib.ddl import narrow"])
def test_ddl_and_op_do_not_stand_in_one_migration(imports: str) -> None:
    found = told('op.drop_column("orders", "status")', imports)

    assert any(item.startswith("12: ") and "a migration has either ddl or op" in item for item in found)


def test_a_new_file_is_looked_at(copy: Path) -> None:
    path = copy / "migrations" / "versions" / "2030_01_01_new.py"
    path.write_text(_FILE.format(does='op.create_index("ix", "orders", ["a"])', imports="", after=newest()))

    (found,) = violations(copy)

    assert str(found).startswith(
        "migrations/versions/2030_01_01_new.py:12: the table could not be written to"
    )


def test_a_migration_is_exempt_by_its_name_and_with_a_reason(copy: Path) -> None:
    assert all(EXEMPT.values())
    (copy / "migrations/versions/2026_11_21_video.py").unlink()

    assert "migrations/versions/2026_11_21_video.py:1: is exempt and not there: remove its name" in [
        str(violation) for violation in violations(copy)
    ]


_CHAINED = '"""A migration."""\n\nrevision = "{name}"\ndown_revision = "{after}"\n'


@pytest.mark.parametrize(
    ("file", "name", "after", "remedy"),
    [
        ("2030_01_01_new", "f4c4ca49bd5e", None, 'revision = "2030_01_01_new" in it'),
        (f"2030_01_01_{'n' * 30}", f"2030_01_01_{'n' * 30}", None, "32 letters at most"),
        ("2030_01_01_new", "2030_01_01_new", "2029_gone", "write the name of the newest file before it"),
        (
            "2030_01_01_new",
            "2030_01_01_new",
            "2026_11_21_news",
            f"{newest()} is the newest too: write its name",
        ),
    ],
    ids=["another name", "a long name", "after nothing", "two newest"],
)
def test_names_and_order_are_put_right_before_they_are_merged(
    copy: Path, file: str, name: str, after: str | None, remedy: str
) -> None:
    path = copy / "migrations" / "versions" / f"{file}.py"
    path.write_text(_CHAINED.format(name=name, after=after or newest()))

    assert any(
        f"{file}.py:1: " in str(violation) and remedy in str(violation) for violation in violations(copy)
    )
