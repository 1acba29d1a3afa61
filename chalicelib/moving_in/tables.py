"""Declarations: how an old table becomes one of ours, as data.

A column of ours is filled from the old column of the same name, unless a map says otherwise. References are
followed by our foreign keys. What no map names is converted by the kind of its column (conversion.py).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sqlalchemy.orm import Session

Row = Mapping[str, Any]
Compute = Callable[[Row], Any]


class Duplicate(Enum):
    """What becomes of a row whose unique key another row has already."""

    REFUSE = "it stays behind"
    SHARE = "the other row stands for both"
    OVERWRITE = "the other row takes its values, and stands for both"
    TRASH = "it comes, deleted"
    RENAME = "it comes, with a number behind its name"
    CLEAR = "it comes, without the key"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What to do about one unique constraint; `column` is the one that is renamed or cleared."""

    how: Duplicate
    column: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """More about a row, from another old table: `sql` takes the values of `key` as $1, and gives (key, JSON).

    It is the row's member `name`. Where a table that it `needs` is missing, it is left out.
    """

    name: str
    key: str
    sql: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """One old table that becomes one of ours.

    source      the old table: also the name in moved_rows
    target      our table
    columns     ours: old, where names differ; "" leaves a column of ours alone
    values      ours: computed from the old row, with what is beside it
    query       instead of the old table, a SELECT in parentheses with an integer column id
    needs       old tables without which there is nothing to do
    unless      SQL: rows that have no place here, with the reason in `because`
    last        SQL: rows that come after all others, as they are the ones to be duplicates
    duplicates  by the name of our unique index
    singleton   ours has one row, which takes the values
    keeps_ids   False: rows get new ids
    grows       our column with a capacity, which is raised where more was sold
    ours        columns of ours that a second run leaves alone, with the SQL condition (`t`) for that
    natural     our column by which a row that is there already is the same one, where it is not unique
    after       called with the ids of ours that came or changed, in their transaction
    """

    source: str
    target: str
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Compute] = field(default_factory=dict)
    beside: tuple[Beside, ...] = ()
    query: str = ""
    needs: tuple[str, ...] = ()
    unless: str = ""
    because: str = ""
    last: str = ""
    duplicates: Mapping[str, Resolution] = field(default_factory=dict)
    singleton: bool = False
    keeps_ids: bool = True
    grows: str = ""
    ours: Mapping[str, str] = field(default_factory=dict)
    natural: str = ""
    after: Callable[[Session, Sequence[int]], None] | None = None

    @property
    def rows(self) -> str:
        """SQL: where the old rows are read from."""
        return self.query or f'"{self.source}"'


@dataclass(frozen=True, slots=True)
class Linked:
    """An old table of pairs that becomes one of ours, whose rows have no ids.

    columns  ours: old, for each column of our key
    values   ours: computed from the old row, for what else is taken
    query    instead of the old table, a SELECT in parentheses
    needs    old tables without which there is nothing to do
    """

    source: str
    target: str
    columns: Mapping[str, str]
    query: str = ""
    needs: tuple[str, ...] = ()
    values: Mapping[str, Compute] = field(default_factory=dict)

    @property
    def rows(self) -> str:
        """SQL: where the old rows are read from."""
        return self.query or f'"{self.source}"'


@dataclass(frozen=True, slots=True)
class Left:
    """An old table that has no place here, and why."""

    source: str
    because: str


refuse = Resolution(Duplicate.REFUSE)
share = Resolution(Duplicate.SHARE)
overwrite = Resolution(Duplicate.OVERWRITE)
trash = Resolution(Duplicate.TRASH)


def rename(column: str) -> Resolution:
    """The row comes under another name."""
    return Resolution(Duplicate.RENAME, column)


def clear(column: str) -> Resolution:
    """The row comes without what is taken."""
    return Resolution(Duplicate.CLEAR, column)
