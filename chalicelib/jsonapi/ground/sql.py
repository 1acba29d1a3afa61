"""SQL under construction: text, parameters and columns of rows, kept apart until it is rendered.

A value can be hashed and compared, says which columns of a row it reads, and carries its own parameters:
what is left out of a statement leaves nothing behind. Parameters are numbered when it is rendered.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A row in a statement, and what is known of it. Rows are told apart by identity, not by their alias.

    roles        by path of relationships (or "id"): the roles that the viewer holds at the event at its end
    visible      relationships of which it is known that the viewer sees what they lead to
    identified   whether it is looked up by its identifier
    """

    alias: str
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    visible: frozenset[str] = frozenset()
    identified: bool = False

    def __getitem__(self, column: str) -> "Column":
        return tuple.__new__(Column, (self, column))  # several times as fast as Column(...)

    def __str__(self) -> str:
        return self.alias


class Column(NamedTuple):
    """A column of a row."""

    row: Row
    name: str


class Param(NamedTuple):
    """A parameter, cast to its type. The same key gives the same number."""

    key: object
    sql_type: str


class Ids(NamedTuple):
    """An array of the ids that a SELECT finds. It asks for no row of the statement, so it can run once."""

    select: "Sql"


Part = str | Column | Param | Ids


class Sql(tuple["Part | Sql", ...]):
    """A piece of SQL: its parts one after the other, some of them pieces themselves. Make one with sql()."""

    __slots__ = ()

    def parts(self) -> Iterator[Part]:
        """Its parts, with those of the pieces in it."""
        for part in self:
            if isinstance(part, Sql):
                yield from part.parts()
            else:
                yield part

    def columns(self, row: Row) -> set[str]:
        """The columns of this row that it reads."""
        return {part.name for part in self.parts() if isinstance(part, Column) and part.row is row}

    def about(self, row: Row) -> "Sql":
        """The same with this row in the place of ROW."""
        return Sql(
            row[part.name] if type(part) is Column and part.row is ROW
            else part.about(row) if type(part) is Sql
            else part
            for part in self
        )  # fmt: skip


# The row that a piece of SQL is about, where it is written before there is a statement.
ROW: Final = Row("row")
# Conditions that are known to hold, or not to: compare with `is`.
TRUE: Final = Sql(("TRUE",))
FALSE: Final = Sql(("FALSE",))
_COLUMN_OF_ROW: Final = re.compile(r"\{t\}\.(\w+)")


@dataclass(frozen=True, slots=True)
class Statement:
    """Rendered SQL, and the keys of its parameters in the order of $1, $2 ..."""

    text: str
    keys: tuple[object, ...]


def sql(*parts: Part | Sql) -> Sql:
    """The parts one after the other."""
    return tuple.__new__(Sql, parts)


def template(text: str) -> Sql:
    """SQL in which {t}.name is a column of ROW, as in the SQL of computed attributes."""
    pieces = _COLUMN_OF_ROW.split(text)
    return Sql(ROW[piece] if number % 2 else piece for number, piece in enumerate(pieces))


def joined(separator: str, values: Iterable[Part | Sql]) -> Sql:
    """The values with the separator between them."""
    parts: list[Part | Sql] = []
    for value in values:
        if parts:
            parts.append(separator)
        parts.append(value)
    return tuple.__new__(Sql, parts)


def constant(holds: bool) -> Sql:
    """TRUE or FALSE."""
    return TRUE if holds else FALSE


def all_of(*conditions: Sql) -> Sql:
    """The conditions joined by AND; constants are folded, and what is said twice is said once."""
    return conjunction(conditions)


def any_of(*conditions: Sql) -> Sql:
    """The conditions joined by OR; constants are folded, and what is said twice is said once."""
    return disjunction(conditions)


def conjunction(conditions: Iterable[Sql]) -> Sql:
    """As all_of(); nothing more is taken after FALSE."""
    return _folded(conditions, " AND ", TRUE, FALSE)


def disjunction(conditions: Iterable[Sql]) -> Sql:
    """As any_of(); nothing more is taken after TRUE."""
    return _folded(conditions, " OR ", FALSE, TRUE)


def negated(condition: Sql) -> Sql:
    """The opposite; what is null counts as not holding."""
    if condition is TRUE:
        return FALSE
    return TRUE if condition is FALSE else sql("(NOT coalesce(", condition, ", FALSE))")


def _folded(conditions: Iterable[Sql], operator: str, neutral: Sql, decisive: Sql) -> Sql:
    kept: list[Sql] = []
    for one in conditions:
        if one is decisive:
            return decisive
        if one is not neutral and one not in kept:
            kept.append(one)
    if len(kept) < 2:
        return kept[0] if kept else neutral
    return sql("(", joined(operator, kept), ")")


def render(value: Sql, first: Sequence[object] = ()) -> Statement:
    """The statement with its parameters numbered by their appearance, after those with the keys `first`."""
    writing = _Rendering(first, lookups=None)
    writing.write(value)
    return Statement("".join(writing.texts), tuple(writing.numbers))


def render_with(value: Sql) -> Statement:
    """The statement that follows WITH: CTEs, and what reads them.

    Its arrays of ids are read from CTEs of their own, v0, v1 ..., which come first: each runs once.
    """
    lookups: dict[Sql, str] = {}
    writing = _Rendering((), lookups)
    writing.write(value)
    body, writing.texts, writing.lookups = writing.texts, ["WITH "], None
    for select, name in lookups.items():
        writing.write(sql(f"{name} AS (SELECT ", Ids(select), " AS ids),\n"))
    return Statement("".join(writing.texts + body), tuple(writing.numbers))


class _Rendering:
    """Collects texts, and numbers for parameters. `lookups` takes SELECTs of ids, and gives them names."""

    def __init__(self, first: Iterable[object], lookups: dict[Sql, str] | None) -> None:
        self.texts: list[str] = []
        self.numbers: dict[object, int] = {key: number for number, key in enumerate(first, start=1)}
        self.lookups = lookups

    def write(self, value: Sql) -> None:
        for part in value:
            if type(part) is str:
                self.texts.append(part)
            elif type(part) is Sql:
                self.write(part)
            elif type(part) is Column:
                self.texts.append(f'{part.row.alias}."{part.name}"')
            elif type(part) is Param:
                number = self.numbers.setdefault(part.key, len(self.numbers) + 1)
                self.texts.append(f"${number}::{part.sql_type}")
            elif type(part) is Ids:
                self._write_ids(part.select)

    def _write_ids(self, select: Sql) -> None:
        if self.lookups is not None:
            name = self.lookups.setdefault(select, f"v{len(self.lookups)}")
            self.texts.append(f"(SELECT ids FROM {name})::bigint[]")
        else:
            self.texts.append("ARRAY(")
            self.write(select)
            self.texts.append(")")


def text_of(value: Sql) -> str:
    """The text of SQL without parameters. Raises ValueError where there are some."""
    statement = render(value)
    if statement.keys:
        raise ValueError(f"this SQL has parameters: {statement.text}")
    return statement.text
