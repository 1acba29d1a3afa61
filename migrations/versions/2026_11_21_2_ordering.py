"""Stock counters maintained by triggers, reservations with expiry, order references, idempotency keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_21_2_ordering"
down_revision = "2026_11_21_1_indexes_of_lists"
branch_labels = None
depends_on = None

# (table, its column in stocks, its column with the capacity).
_COUNTED = [
    ("tickets", "ticket_id", "quantity"),
    ("ticket_pools", "pool_id", "quantity"),
    ("discount_codes", "discount_code_id", "tickets_number"),
    ("access_codes", "access_code_id", "tickets_number"),
]

# Takes or releases seats, in the order of rows, which avoids deadlocks.
_TAKE = """
CREATE FUNCTION take_stock(tickets bigint[], discounts bigint[], accesses bigint[], counts bigint[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN
    WITH moved AS (
      SELECT * FROM unnest(tickets, discounts, accesses, counts) AS m (ticket_id, discount_id, access_id, n)
    )
    SELECT found.id, sum(found.n)::int AS n
    FROM (
      SELECT stocks.id, n FROM moved JOIN stocks ON stocks.ticket_id = moved.ticket_id
      UNION ALL
      SELECT stocks.id, n FROM moved JOIN tickets ON tickets.id = moved.ticket_id
      JOIN stocks ON stocks.pool_id = tickets.pool_id
      UNION ALL
      SELECT stocks.id, n FROM moved JOIN stocks ON stocks.discount_code_id = moved.discount_id
      UNION ALL
      SELECT stocks.id, n FROM moved JOIN stocks ON stocks.access_code_id = moved.access_id
    ) found
    GROUP BY found.id HAVING sum(found.n) <> 0 ORDER BY found.id
  LOOP
    UPDATE stocks SET taken = taken + wanted.n
    WHERE id = wanted.id AND (wanted.n < 0 OR capacity IS NULL OR taken + wanted.n <= capacity);
    IF NOT FOUND THEN
      RAISE EXCEPTION 'there are not so many places left'
        USING ERRCODE = '23514', CONSTRAINT = 'ck_stocks_capacity', DETAIL = wanted.id::text;
    END IF;
  END LOOP;
END $$
"""
_GROUPED = """
SELECT take_stock(array_agg(ticket_id), array_agg(discount_code_id), array_agg(access_code_id), array_agg(n))
FROM (SELECT ticket_id, discount_code_id, access_code_id, sum(one) AS n FROM ({moved}) moved
      GROUP BY ticket_id, discount_code_id, access_code_id HAVING sum(one) <> 0) grouped
HAVING count(*) > 0
"""
_CAME = "SELECT ticket_id, discount_code_id, access_code_id, 1 AS one FROM came WHERE deleted_at IS NULL"
_WENT = "SELECT ticket_id, discount_code_id, access_code_id, -1 AS one FROM went WHERE deleted_at IS NULL"
_EVENTS = {
    "INSERT": ("NEW TABLE AS came", _CAME),
    "UPDATE": ("NEW TABLE AS came OLD TABLE AS went", f"{_CAME} UNION ALL {_WENT}"),
    "DELETE": ("OLD TABLE AS went", _WENT),
}

# Each ticket, pool and code has its stock row from the start, and its capacity is kept in sync.
_FOLLOW = """
CREATE FUNCTION follow_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  places int := (to_jsonb(NEW) ->> TG_ARGV[1])::int;
  used int;
BEGIN
  IF TG_OP = 'INSERT' THEN
    EXECUTE format('INSERT INTO stocks (%I, capacity) VALUES ($1, $2)', TG_ARGV[0]) USING NEW.id, places;
    RETURN NULL;
  END IF;
  EXECUTE format('UPDATE stocks SET capacity = $2 WHERE %I = $1 RETURNING taken', TG_ARGV[0])
    INTO used USING NEW.id, places;
  IF used > places THEN
    RAISE EXCEPTION 'more places are taken than there would be'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_stocks_taken';
  END IF;
  RETURN NULL;
END $$
"""

# A ticket that changes its pool takes its attendees along, and waits for concurrent orders.
_MOVE = """
CREATE FUNCTION move_between_pools() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  own int;
  pool record;
BEGIN
  PERFORM 1 FROM tickets WHERE id = NEW.id FOR UPDATE;
  SELECT taken INTO own FROM stocks WHERE ticket_id = NEW.id FOR UPDATE;
  FOR pool IN
    SELECT id, CASE WHEN pool_id = NEW.pool_id THEN own ELSE -own END AS n
    FROM stocks WHERE pool_id IN (OLD.pool_id, NEW.pool_id) AND own <> 0 ORDER BY id
  LOOP
    UPDATE stocks SET taken = taken + pool.n
    WHERE id = pool.id AND (pool.n < 0 OR capacity IS NULL OR taken + pool.n <= capacity);
    IF NOT FOUND THEN
      RAISE EXCEPTION 'there are not so many places left'
        USING ERRCODE = '23514', CONSTRAINT = 'ck_stocks_capacity', DETAIL = pool.id::text;
    END IF;
  END LOOP;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    _make_tables()
    # Attendees of cancelled and expired orders take no seat.
    op.execute(
        "UPDATE attendees SET deleted_at = now() FROM orders WHERE orders.id = attendees.order_id "
        "AND orders.status IN ('cancelled', 'expired') AND attendees.deleted_at IS NULL"
    )
    # Unfinished orders from before expiry get half an hour from now.
    op.execute(
        "UPDATE orders SET expires_at = now() + interval '30 minutes' "
        "WHERE status IN ('initializing', 'pending')"
    )
    for table, column, capacity in _COUNTED:
        op.execute(f"INSERT INTO stocks ({column}, capacity) SELECT id, {capacity} FROM {table} ORDER BY id")  # noqa: S608
    op.execute(
        "UPDATE stocks SET taken = counted.n FROM (SELECT ticket_id, count(*) AS n FROM attendees "
        "WHERE deleted_at IS NULL GROUP BY ticket_id) counted WHERE counted.ticket_id = stocks.ticket_id"
    )
    op.execute(_TAKE)
    for event, (tables, moved) in _EVENTS.items():
        name = f"attendees_{event.lower()}"
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN PERFORM * FROM ({_GROUPED.format(moved=moved)}) done; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER take_stock_{event.lower()} AFTER {event} ON attendees REFERENCING {tables} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
    op.execute(_FOLLOW)
    for table, column, capacity in _COUNTED:
        op.execute(
            f"CREATE TRIGGER follow_capacity AFTER INSERT OR UPDATE OF {capacity} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION follow_capacity('{column}', '{capacity}')"
        )
    op.execute(_MOVE)
    op.execute(
        "CREATE TRIGGER move_between_pools BEFORE UPDATE OF pool_id ON tickets FOR EACH ROW "
        "WHEN (OLD.pool_id IS DISTINCT FROM NEW.pool_id) EXECUTE FUNCTION move_between_pools()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER move_between_pools ON tickets")
    for table, _column, _capacity in _COUNTED:
        op.execute(f"DROP TRIGGER follow_capacity ON {table}")
    for event in _EVENTS:
        op.execute(f"DROP TRIGGER take_stock_{event.lower()} ON attendees")
        op.execute(f"DROP FUNCTION attendees_{event.lower()}()")
    op.execute("DROP FUNCTION move_between_pools()")
    op.execute("DROP FUNCTION follow_capacity()")
    op.execute("DROP FUNCTION take_stock(bigint[], bigint[], bigint[], bigint[])")
    op.drop_table("idempotency_keys")
    op.drop_table("stocks")
    for name in ("discount_code_id", "access_code_id"):
        op.drop_column("attendees", name)
    op.drop_column("orders", "reference")
    op.drop_column("orders", "expires_at")
    op.drop_column("tickets", "pool_id")
    op.drop_table("ticket_pools")


def _make_tables() -> None:
    op.create_table(
        "ticket_pools",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_ticket_pools_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_pools"),
    )
    op.create_index("ix_ticket_pools_event_id", "ticket_pools", ["event_id"], unique=False)
    op.create_index(
        "uq_ticket_pools_name",
        "ticket_pools",
        ["event_id", "name"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    _add_link("tickets", "pool_id", "ticket_pools")
    op.add_column("orders", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("orders", sa.Column("reference", sa.Text(), nullable=True))
    op.create_unique_constraint("uq_orders_reference", "orders", ["reference"])
    op.create_index(
        "ix_orders_expires_at",
        "orders",
        ["event_id", "expires_at"],
        unique=False,
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    _add_link("attendees", "discount_code_id", "discount_codes")
    _add_link("attendees", "access_code_id", "access_codes")
    op.create_table(
        "stocks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *(sa.Column(column, sa.BigInteger(), nullable=True) for _table, column, _capacity in _COUNTED),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("taken", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(ticket_id, pool_id, discount_code_id, access_code_id) = 1",
            name=op.f("ck_stocks_of_one"),
        ),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_stocks_counted")),
        sa.PrimaryKeyConstraint("id", name="pk_stocks"),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=f"fk_stocks_{column}", ondelete="CASCADE")
            for table, column, _capacity in _COUNTED
        ),
        *(sa.UniqueConstraint(column, name=f"uq_stocks_{column}") for _table, column, _capacity in _COUNTED),
    )
    # A low fillfactor for HOT updates, as these rows change often.
    op.execute("ALTER TABLE stocks SET (fillfactor = 50)")
    op.create_table(
        "idempotency_keys",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_idempotency_keys"),
        sa.UniqueConstraint("caller", "key", name="uq_idempotency_keys_caller_key"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False)


def _add_link(table: str, column: str, target: str) -> None:
    op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=True))
    op.create_foreign_key(f"fk_{table}_{column}", table, target, [column], ["id"], ondelete="SET NULL")
    op.create_index(f"ix_{table}_{column}", table, [column], unique=False)
