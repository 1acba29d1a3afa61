"""Waiting lists: entries, offers that hold stock, and places that are kept for those who wait."""

import sqlalchemy as sa
from alembic import op

revision = "2027_01_02_1_waiting_list"
down_revision = "2027_01_01_3_added_orders"
branch_labels = None
depends_on = None

# As before, and places that are kept for the waiting list are not free.
_TAKE = """
CREATE OR REPLACE FUNCTION take_stock(
  tickets bigint[], discounts bigint[], accesses bigint[], counts bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
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
    WHERE id = wanted.id AND (wanted.n < 0 OR capacity IS NULL OR taken + {kept}wanted.n <= capacity);
    IF NOT FOUND THEN
      RAISE EXCEPTION 'there are not so many places left'
        USING ERRCODE = '23514', CONSTRAINT = 'ck_stocks_capacity', DETAIL = wanted.id::text;
    END IF;
  END LOOP;
END $$
"""
# How many places those who wait want, per stock: recounted, as whoever changes a line has locked it.
_RECOUNT = """
CREATE FUNCTION recount_line(at_event bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  line record;
BEGIN
  FOR line IN
    WITH wanted AS (
      SELECT link.ticket_id, sum(entry.quantity) AS n
      FROM waiting_list_entries entry
      JOIN waiting_list_entries_tickets link ON link.waiting_list_entry_id = entry.id
      JOIN events ON events.id = entry.event_id AND events.is_waiting_list_enabled
      WHERE entry.event_id = at_event AND entry.state = 'waiting' GROUP BY link.ticket_id
    ), counted AS (
      SELECT stocks.id, coalesce(wanted.n, 0)::int AS n FROM tickets
      JOIN stocks ON stocks.ticket_id = tickets.id
      LEFT JOIN wanted ON wanted.ticket_id = tickets.id
      WHERE tickets.event_id = at_event
      UNION ALL
      SELECT stocks.id, coalesce(sum(wanted.n), 0)::int AS n FROM ticket_pools
      JOIN stocks ON stocks.pool_id = ticket_pools.id
      LEFT JOIN tickets ON tickets.pool_id = ticket_pools.id
      LEFT JOIN wanted ON wanted.ticket_id = tickets.id
      WHERE ticket_pools.event_id = at_event GROUP BY stocks.id
    )
    SELECT counted.id, counted.n FROM counted JOIN stocks ON stocks.id = counted.id
    WHERE stocks.waiting <> counted.n ORDER BY counted.id
  LOOP
    UPDATE stocks SET waiting = line.n WHERE id = line.id;
  END LOOP;
END $$
"""
# Places that come free while somebody waits are kept until it was looked whom they fit. The setting says that
# this transaction is just looking, or exchanges the places of an offer for those of its order.
_KEEP = """
CREATE FUNCTION keep_for_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  grown int := (NEW.capacity - NEW.taken) - (OLD.capacity - OLD.taken);
BEGIN
  IF grown > 0 AND NEW.reserved = OLD.reserved
    AND current_setting('waiting_list.looks', true) IS DISTINCT FROM 'on'
  THEN
    NEW.reserved := NEW.reserved + grown;
  END IF;
  NEW.reserved := least(NEW.reserved, NEW.waiting, greatest(NEW.capacity - NEW.taken, 0));
  RETURN NEW;
END $$
"""
# Once in a transaction: the message is a part of what has set the places free.
_ENQUEUE = """
CREATE FUNCTION look_for_line(at_event bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('waiting_list.looks', true) = 'on' THEN
    RETURN;
  END IF;
  INSERT INTO outbox (key, task, arguments, trace, created_at, due_at)
  SELECT 'offer_places-' || at_event || '-' || pg_current_xact_id(), 'offer_places',
    jsonb_build_object('event_id', at_event), '', now(), now()
  WHERE at_event IS NOT NULL
  ON CONFLICT (key) DO NOTHING;
END $$
"""
_LOOK = """
CREATE FUNCTION look_at_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Who joins counts in the rows of the kind and of its pool: one of both sees it where both have places.
  IF NEW.waiting > OLD.waiting AND NEW.taken = OLD.taken AND NOT EXISTS (
    SELECT FROM tickets
    JOIN stocks own ON own.ticket_id = tickets.id
    LEFT JOIN stocks pool ON pool.pool_id = tickets.pool_id
    WHERE (tickets.id = NEW.ticket_id OR tickets.pool_id = NEW.pool_id) AND own.waiting > 0
      AND (own.capacity IS NULL OR own.capacity > own.taken)
      AND (pool.id IS NULL OR pool.capacity > pool.taken)
  ) THEN
    RETURN NULL;
  END IF;
  PERFORM look_for_line(coalesce(
    (SELECT event_id FROM tickets WHERE id = NEW.ticket_id),
    (SELECT event_id FROM ticket_pools WHERE id = NEW.pool_id)
  ));
  RETURN NULL;
END $$
"""
# An offer takes places as attendees do, in the same order of rows.
_COUNT = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  at_event bigint;
BEGIN
  PERFORM take_stock(array_agg(ticket), array_agg(NULL::bigint), array_agg(NULL::bigint), array_agg(n))
  FROM (
    SELECT ticket, sum(n) AS n FROM ({held}) held GROUP BY ticket HAVING sum(n) <> 0
  ) moved HAVING count(*) > 0;
  FOR at_event IN SELECT DISTINCT event_id FROM ({lines}) lines ORDER BY event_id LOOP
    PERFORM recount_line(at_event);
  END LOOP;
  RETURN NULL;
END $$
"""
_HELD_CAME = "SELECT offered_ticket_id AS ticket, offered_quantity AS n FROM came WHERE state = 'offered'"
_HELD_WENT = "SELECT offered_ticket_id AS ticket, -offered_quantity AS n FROM went WHERE state = 'offered'"
_LINE = "SELECT event_id, id, quantity FROM {} WHERE state = 'waiting'"
_CAME, _WENT = _LINE.format("came"), _LINE.format("went")
_EVENTS = {
    "INSERT": ("NEW TABLE AS came", _HELD_CAME, _CAME),
    "UPDATE": (
        "NEW TABLE AS came OLD TABLE AS went",
        f"{_HELD_CAME} UNION ALL {_HELD_WENT}",
        f"({_CAME} EXCEPT {_WENT}) UNION ALL ({_WENT} EXCEPT {_CAME})",
    ),
    "DELETE": ("OLD TABLE AS went", _HELD_WENT, _WENT),
}
# A kind of ticket that is opened, on sale again or in another pool: its line gets its free places first.
_OPEN = """
CREATE FUNCTION open_to_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM recount_line(NEW.event_id);
  UPDATE stocks SET reserved = waiting WHERE ticket_id = NEW.id AND waiting > 0;
  IF FOUND THEN
    PERFORM look_for_line(NEW.event_id);
  END IF;
  RETURN NULL;
END $$
"""
_SWITCH = """
CREATE FUNCTION switch_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM recount_line(NEW.id);
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    _make_tables()
    op.execute(_TAKE.format(kept="reserved + "))
    op.execute(_RECOUNT)
    op.execute(_KEEP)
    op.execute(
        "CREATE TRIGGER keep_for_line BEFORE UPDATE ON stocks FOR EACH ROW "
        "WHEN (NEW.waiting > 0 OR NEW.reserved > 0) EXECUTE FUNCTION keep_for_line()"
    )
    op.execute(_ENQUEUE)
    op.execute(_LOOK)
    op.execute(
        "CREATE TRIGGER look_at_line AFTER UPDATE ON stocks FOR EACH ROW "
        "WHEN (NEW.waiting > 0 AND (NEW.capacity IS NULL OR NEW.capacity > NEW.taken) AND ("
        "NEW.waiting > OLD.waiting OR NEW.reserved > OLD.reserved OR NEW.taken < OLD.taken "
        "OR NEW.capacity IS DISTINCT FROM OLD.capacity)) EXECUTE FUNCTION look_at_line()"
    )
    for event, (tables, held, lines) in _EVENTS.items():
        name = f"waiting_list_entries_{event.lower()}"
        op.execute(_COUNT.format(name=name, held=held, lines=lines))
        op.execute(
            f"CREATE TRIGGER take_stock_{event.lower()} AFTER {event} ON waiting_list_entries "
            f"REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
    op.execute(_OPEN)
    op.execute(
        "CREATE TRIGGER open_to_line "
        "AFTER UPDATE OF is_hidden, sales_starts_at, sales_ends_at, deleted_at, pool_id ON tickets "
        "FOR EACH ROW WHEN (OLD.is_hidden <> NEW.is_hidden "
        "OR OLD.sales_starts_at <> NEW.sales_starts_at OR OLD.sales_ends_at <> NEW.sales_ends_at "
        "OR OLD.deleted_at IS DISTINCT FROM NEW.deleted_at OR OLD.pool_id IS DISTINCT FROM NEW.pool_id) "
        "EXECUTE FUNCTION open_to_line()"
    )
    op.execute(_SWITCH)
    op.execute(
        "CREATE TRIGGER switch_line AFTER UPDATE OF is_waiting_list_enabled ON events FOR EACH ROW "
        "WHEN (OLD.is_waiting_list_enabled <> NEW.is_waiting_list_enabled) EXECUTE FUNCTION switch_line()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER switch_line ON events")
    op.execute("DROP FUNCTION switch_line()")
    op.execute("DROP TRIGGER open_to_line ON tickets")
    op.execute("DROP FUNCTION open_to_line()")
    op.execute("DROP TRIGGER look_at_line ON stocks")
    op.execute("DROP FUNCTION look_at_line()")
    op.execute("DROP FUNCTION look_for_line(bigint)")
    op.execute("DROP TRIGGER keep_for_line ON stocks")
    op.execute("DROP FUNCTION keep_for_line()")
    # What is offered is taken no more.
    database = op.get_bind()
    offered = "SELECT id FROM waiting_list_entries WHERE state = 'offered'"
    ids = database.execute(sa.text(offered)).scalars().all()
    database.execute(sa.text("DELETE FROM waiting_list_entries WHERE id = ANY(:ids)"), {"ids": list(ids)})
    for event in _EVENTS:
        op.execute(f"DROP TRIGGER take_stock_{event.lower()} ON waiting_list_entries")
        op.execute(f"DROP FUNCTION waiting_list_entries_{event.lower()}()")
    op.execute("DROP FUNCTION recount_line(bigint)")
    op.execute(_TAKE.format(kept=""))
    op.drop_table("waiting_list_entries_tickets")
    op.drop_table("waiting_list_entries")
    for name in ("reserved", "waiting"):
        op.drop_column("stocks", name)
    for name in ("waiting_list_offer_hours", "is_waiting_list_enabled"):
        op.drop_column("events", name)


def _make_tables() -> None:
    op.add_column(
        "events",
        sa.Column("is_waiting_list_enabled", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("events", sa.Column("waiting_list_offer_hours", sa.Integer(), nullable=True))
    for name in ("waiting", "reserved"):
        op.add_column("stocks", sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_table(
        "waiting_list_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("takes_fewer", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offered_quantity", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("passed_over", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("gathers_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail_language", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=True),
        sa.Column("offer_hash", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("offered_ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('unverified', 'waiting', 'offered', 'claimed', 'declined', 'lapsed', 'left', "
            "'removed')",
            name=op.f("ck_waiting_list_entries_state"),
        ),
        sa.CheckConstraint(
            "state <> 'offered' OR num_nulls(offered_ticket_id, offered_quantity, expires_at) = 0",
            name=op.f("ck_waiting_list_entries_offered"),
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_waiting_list_entries_quantity")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_waiting_list_entries_event_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_waiting_list_entries_user_id", ondelete="SET NULL"
        ),
        # While it is offered, its ticket is not deleted.
        sa.ForeignKeyConstraint(
            ["offered_ticket_id"],
            ["tickets.id"],
            name="fk_waiting_list_entries_offered_ticket_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_waiting_list_entries_order_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_waiting_list_entries"),
        sa.UniqueConstraint("hash", name="uq_waiting_list_entries_hash"),
        sa.UniqueConstraint("offer_hash", name="uq_waiting_list_entries_offer_hash"),
    )
    op.create_index("ix_waiting_list_entries_user_id", "waiting_list_entries", ["user_id"])
    op.create_index("ix_waiting_list_entries_order_id", "waiting_list_entries", ["order_id"])
    op.create_index(
        "ix_waiting_list_entries_offered_ticket_id", "waiting_list_entries", ["offered_ticket_id"]
    )
    op.create_index("ix_waiting_list_entries_email", "waiting_list_entries", [sa.text("lower(email)")])
    op.create_index("ix_waiting_list_entries_joined_at_id", "waiting_list_entries", ["joined_at", "id"])
    op.create_index(
        "ix_waiting_list_entries_event_id_joined_at_id",
        "waiting_list_entries",
        ["event_id", "joined_at", "id"],
    )
    op.create_index(
        "ix_waiting_list_entries_waiting",
        "waiting_list_entries",
        ["event_id", "joined_at", "id"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_waiting_list_entries_expires_at",
        "waiting_list_entries",
        ["expires_at"],
        postgresql_where=sa.text("state = 'offered'"),
    )
    op.create_index(
        "uq_waiting_list_entries_active",
        "waiting_list_entries",
        ["event_id", sa.text("lower(email)")],
        unique=True,
        postgresql_where=sa.text("state IN ('unverified', 'waiting', 'offered')"),
    )
    op.create_table(
        "waiting_list_entries_tickets",
        sa.Column("waiting_list_entry_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["waiting_list_entry_id"],
            ["waiting_list_entries.id"],
            name="fk_waiting_list_entries_tickets_waiting_list_entry_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
            name="fk_waiting_list_entries_tickets_ticket_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("waiting_list_entry_id", "ticket_id", name="pk_waiting_list_entries_tickets"),
    )
    op.create_index(
        "ix_waiting_list_entries_tickets_ticket_id", "waiting_list_entries_tickets", ["ticket_id"]
    )
