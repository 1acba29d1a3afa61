"""The stock of a session is its own, beside those of tickets, pools and codes."""

from chalicelib import ddl

revision = "2026_12_14_2_stock_of_sessions"
down_revision = "2026_12_14_1_sign_up"
branch_labels = None
depends_on = None

_FORMER = "ticket_id, pool_id, discount_code_id, access_code_id"


def upgrade() -> None:
    ddl.add_unique("stocks", "uq_stocks_session_id", ["session_id"])
    ddl.add_foreign_key("stocks", "session_id", "sessions", ondelete="CASCADE")
    ddl.drop_check("stocks", "ck_stocks_of_one")
    ddl.add_check("stocks", "ck_stocks_of_one", f"num_nonnulls({_FORMER}, session_id) = 1")


def downgrade() -> None:
    ddl.drop_check("stocks", "ck_stocks_of_one")
    ddl.add_check("stocks", "ck_stocks_of_one", f"num_nonnulls({_FORMER}) = 1")
    ddl.drop_check("stocks", "fk_stocks_session_id")
    ddl.drop_check("stocks", "uq_stocks_session_id")
