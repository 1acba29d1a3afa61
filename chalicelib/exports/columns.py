"""Columns of exported lists, as data: a heading, SQL of the value, and what kind of value it is."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chalicelib.jsonapi.ground.sql import Param, Sql, sql

WORD: Final = "word"

# Parameters of every statement: the place's time zone, and the ids of the rows.
ZONE: Final = sql("known_zone(", Param("zone", "text"), ")")
IDS: Final = Param("ids", "bigint[]")


class Kind(StrEnum):
    """What a value is, which decides how each kind of file writes it.

    MONEY is [amount, currency], a MOMENT the seconds since 1970, and MARKUP loses its tags. A LONG_MOMENT is
    one that the CSV of the former server has in words, as scripts read it.
    """

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    MOMENT = "moment"
    LONG_MOMENT = "long moment"
    MARKUP = "markup"


MOMENTS: Final = frozenset({Kind.MOMENT, Kind.LONG_MOMENT})


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list.

    name    what `columns=` calls it
    title   its heading
    value   SQL about the row, whose alias is `t`, and what is joined to it
    seen    (type, alias, attribute): attributes it is made of; who may not see one gets an empty cell
    default whether it is there without `columns=`
    unless  not by default where the event's form asks for this attribute, which then has a column already
    """

    name: str
    title: str
    value: Sql
    kind: Kind = Kind.TEXT
    seen: tuple[tuple[str, str, str], ...] = ()
    default: bool = True
    unless: str = ""


def column(
    name: str,
    title: str,
    value: str | Sql,
    kind: Kind = Kind.TEXT,
    *seen: tuple[str, str, str],
    default: bool = True,
    unless: str = "",
) -> Column:
    """A column of an SQL text."""
    return Column(name, title, sql(value), kind, seen, default, unless)


def attribute(
    noun: str, title: str, name: str, kind: Kind = Kind.TEXT, *, alias: str = "t", default: bool = True
) -> Column:
    """A column of one attribute, which has a column of the same name in the database."""
    value = f'{alias}."{name}"'
    return column(name.replace("_", "-"), title, value, kind, (noun, alias, name), default=default)


def word(text: str) -> Param:
    """SQL of a text that is written in the language of the list."""
    return Param((WORD, text), "text")


YES: Final = word("Yes")
NO: Final = word("No")


def yes_or_no(condition: str | Sql) -> Sql:
    """SQL: Yes or No; empty where it is neither."""
    return sql("CASE WHEN ", condition, " THEN ", YES, " WHEN NOT (", condition, ") THEN ", NO, " END")


def money(amount: str, currency: str) -> str:
    """SQL of a MONEY value."""
    return f"json_build_array(({amount})::text, {currency})"
