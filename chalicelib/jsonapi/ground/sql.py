"""SQL builder: text, bind parameters and columns, kept apart until the statement is rendered.

A value can be hashed and compared, knows which columns of a row it reads, and carries its own parameters, so
that a part which is left out leaves no parameter behind. Parameters are numbered when it is rendered.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A table alias in a statement, and facts known about its row. Compared by identity, not by alias.

    roles        by relationship path (or "id"): the viewer's roles at the event at the end of that path
    visible      relationships whose target is known to be visible to the viewer
    identified   whether the row is looked up by its identifier
    reached_from (relationship, row): the row is reached from that one, a target of its relationship
    """

    alias: str
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    visible: frozenset[str] = frozenset()
    identified: bool = False
    reached_from: "tuple[str, Row] | None" = None

    def __getitem__(self, column: str) -> "Column":
        return tuple.__new__(Column, (self, column))  # several times as fast as Column(...)

    def __str__(self) -> str:
        return self.alias


class Column(NamedTuple):
    """A column of a row."""

    row: Row
    name: str


class Param(NamedTuple):
    """A bind parameter, cast to its type. The same key is numbered once."""

    key: object
    sql_type: str


class Ids(NamedTuple):
    """An array of the ids that a SELECT returns. It refers to no row of the statement, so it can run once.

    With `call`, a stored function that runs the same SELECT is called instead. What it reads is then planned
    and opened only when a row needs it.
    """

    select: "Sql"
    call: "Sql | None" = None


Part = str | Column | Param | Ids


class Sql(tuple["Part | Sql", ...]):
    """A piece of SQL: a sequence of parts, some of them pieces themselves. Make one with sql()."""

    __slots__ = ()

    def parts(self) -> Iterator[Part]:
        """Its parts, those of nested pieces included."""
        for part in self:
            if isinstance(part, Sql):
                yield from part.parts()
            else:
                yield part

    def columns(self, row: Row) -> set[str]:
        """The columns of this row that it reads."""
        return {part.name for part in self.parts() if isinstance(part, Column) and part.row is row}

    def about(self, row: Row, placeholder: Row | None = None) -> "Sql":
        """The same piece with `row` substituted for the placeholder, which is ROW unless given."""
        former = placeholder or ROW
        return Sql(
            row[part.name] if type(part) is Column and part.row is former
            else part.about(row, former) if type(part) is Sql
            else part
            for part in self
        )  # fmt: skip


# Placeholders in declarations, until a statement has rows: the row that a piece of SQL is about, the row of
# a relationship's association table, and the one row of a subselect that several attributes share.
ROW: Final = Row("row")
LINK: Final = Row("link")
LATERAL: Final = Row("lateral_")
# Constant conditions: compare with `is`.
TRUE: Final = Sql(("TRUE",))
FALSE: Final = Sql(("FALSE",))


@dataclass(frozen=True, slots=True)
class Statement:
    """Rendered SQL, and the keys of its parameters in the order of $1, $2 ..."""

    text: str
    keys: tuple[object, ...]


def sql(*parts: Part | Sql) -> Sql:
    """The parts one after the other."""
    return tuple.__new__(Sql, parts)


def joined(separator: str, values: Iterable[Part | Sql]) -> Sql:
    """The values with the separator between them."""
    between = list(values)
    parts: list[Part | Sql] = [separator] * (2 * len(between) - 1)
    parts[::2] = between
    return tuple.__new__(Sql, parts)


def constant(holds: bool) -> Sql:
    """TRUE or FALSE."""
    return TRUE if holds else FALSE


def all_of(*conditions: Sql) -> Sql:
    """The conditions joined by AND; constants are folded and duplicates dropped."""
    return conjunction(conditions)


def any_of(*conditions: Sql) -> Sql:
    """The conditions joined by OR; constants are folded and duplicates dropped."""
    return disjunction(conditions)


def conjunction(conditions: Iterable[Sql]) -> Sql:
    """As all_of(), from an iterable; stops at the first FALSE."""
    return _folded(conditions, " AND ", TRUE, FALSE)


def disjunction(conditions: Iterable[Sql]) -> Sql:
    """As any_of(), from an iterable; stops at the first TRUE."""
    return _folded(conditions, " OR ", FALSE, TRUE)


def negated(condition: Sql) -> Sql:
    """The negation; NULL counts as FALSE, so its negation holds."""
    if condition is TRUE:
        return FALSE
    return TRUE if condition is FALSE else sql("(NOT coalesce(", condition, ", FALSE))")


def _folded(conditions: Iterable[Sql], operator: str, neutral: Sql, decisive: Sql) -> Sql:
    kept: list[Sql] = []
    for condition in conditions:
        if condition is decisive:
            return decisive
        if condition is not neutral and condition not in kept:
            kept.append(condition)
    if len(kept) < 2:
        return kept[0] if kept else neutral
    parts: list[Part | Sql] = [operator] * (2 * len(kept) + 1)
    parts[0], parts[1::2], parts[-1] = "(", kept, ")"
    return tuple.__new__(Sql, parts)


def render(value: Sql, first: Sequence[object] = ()) -> Statement:
    """The statement; parameters are numbered in order of appearance, after those with the keys `first`."""
    writing = _Rendering(first, lookups=None)
    writing.write(value)
    return Statement("".join(writing.texts), tuple(writing.numbers))


def render_with(value: Sql) -> Statement:
    """The statement that follows WITH: CTEs, and the SELECT that reads them.

    Its arrays of ids become CTEs of their own, v0, v1 ..., in front of the others: each runs once.
    """
    lookups: list[Ids] = []
    writing = _Rendering((), lookups)
    writing.write(value)
    body, writing.texts, writing.lookups = writing.texts, ["WITH "], None
    for number, ids in enumerate(lookups):
        writing.write(sql(f"v{number} AS (SELECT ", ids.call or Ids(ids.select), " AS ids),\n"))
    return Statement("".join(writing.texts + body), tuple(writing.numbers))


class _Rendering:
    """Collects texts and numbers parameters. `lookups` are the arrays of ids that are CTEs, v0 and so on."""

    def __init__(self, first: Iterable[object], lookups: list[Ids] | None) -> None:
        self.texts: list[str] = []
        self.numbers: dict[object, int] = {key: number for number, key in enumerate(first, start=1)}
        self.lookups = lookups

    def write(self, value: Sql) -> None:
        append = self.texts.append
        for part in value:
            if type(part) is str:
                append(part)
            elif type(part) is Sql:
                self.write(part)
            elif type(part) is Column:
                row, name = part
                append(f'{row.alias}."{name}"')
            elif type(part) is Param:
                key, sql_type = part
                append(f"${self.numbers.setdefault(key, len(self.numbers) + 1)}::{sql_type}")
            elif type(part) is Ids:
                self._write_ids(part)

    def _write_ids(self, ids: Ids) -> None:
        if self.lookups is not None:
            if ids not in self.lookups:  # few: comparing them takes less than a hash of all their parts
                self.lookups.append(ids)
            self.texts.append(f"(SELECT ids FROM v{self.lookups.index(ids)})::bigint[]")
        elif ids.call is not None:
            self.write(sql("(SELECT ", ids.call, ")::bigint[]"))
        else:
            self.write(sql("ARRAY(", ids.select, ")"))


def text_of(value: Sql) -> str:
    """The text of SQL without parameters. Raises ValueError if there are any."""
    statement = render(value)
    if statement.keys:
        raise ValueError(f"this SQL has parameters: {statement.text}")
    return statement.text
