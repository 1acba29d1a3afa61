"""Templates of the files of a new resource type, and of its CHANGELOG line.

$type      the JSON:API type, such as lightning-talk
$plural    its path, and the name of the event's relationship to it
$area      the folder of chalicelib/resources
$module    the name of its module, such as lightning_talk
$table     its table, such as lightning_talks
$model     the name of its class, such as LightningTalk
$constant  the name of its declaration
$Words     its name at the beginning of a sentence
$Many      the same in the plural, $many within a sentence
$promises  what the CHANGELOG names
"""

from string import Template
from typing import Final

NOUN: Final = Template('''"""$Many of an event: written by its organizers, visible with the event."""

from sqlalchemy.orm import Mapped

from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.model.fields import ToOne, attr, fields
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.resources.attributes import Trashable
from chalicelib.resources.policies import organizers_write


class $model(SoftDeleted, Model):
    __tablename__ = "$table"
    name: Mapped[str] = attr(fields.Line, required=True)
    description: Mapped[str | None] = attr(max_length=LONGEST_ANSWER)
    event_id: Mapped[int] = owned_by("events.id")


class ${model}Schema(Trashable):
    event = ToOne("event", inverse="$plural", required=True)


$constant = Resource("$type", $model, ${model}Schema, path="$plural", policy=organizers_write())
''')

MIGRATION: Final = Template('''"""$Many of events."""

import sqlalchemy as sa
from alembic import op

revision = "$revision"
down_revision = "$former"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "$table",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_${table}_event_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_$table"),
    )
    op.create_index("ix_${table}_event_id", "$table", ["event_id"], unique=False)


def downgrade() -> None:
    op.drop_table("$table")
''')

FACTORY: Final = Template('''"""$Many."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.$area.$module import $model
from chalicelib.resources.events.event.event import Event
from tests.factories.event import make_event

_number = count(1)


def attributes() -> dict[str, Any]:
    """What a client could send to create one."""
    return {"name": f"$Words {next(_number)}", "description": "As announced"}


def make_$module(session: Session, *, event: Event | None = None, **values: Any) -> $model:
    """One, of a new event unless one is given."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = $model(**{"event_id": (event or make_event(session)).id, **sent, **values})
    session.add(row)
    session.flush()
    return row
''')

CHANGELOG: Final = Template("- API: $many of events: $promises.\n")
