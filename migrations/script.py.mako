<%
def quiet(code):
    """The commands without Alembic's remarks around them."""
    lines = (line for line in code.splitlines() if not line.strip().startswith("# ### "))
    return "\n".join(lines).strip() or "pass"
%>"""${message[:1].upper()}${message[1:].rstrip(".")}."""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${quiet(upgrades or "")}


def downgrade() -> None:
    ${quiet(downgrades or "")}
