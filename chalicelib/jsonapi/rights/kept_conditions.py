"""Cache of compiled conditions: each rule is compiled once in a process, for a placeholder of a row."""

from collections.abc import Callable
from typing import Final, NamedTuple

from chalicelib.jsonapi.ground.flat_sql import flattened
from chalicelib.jsonapi.ground.sql import FALSE, TRUE, Row, Sql
from chalicelib.jsonapi.model.rules import Rule

# Placeholder of the row that another one is reached from, of which nothing else is known.
_ORIGIN: Final = Row("origin")


class KeptCondition(NamedTuple):
    """A condition on a placeholder, and whether it reads the row that this one is reached from.

    The rule is kept with it: it is known by its id, which nothing else gets meanwhile.
    """

    made: Sql
    row: Row
    reads_origin: bool
    rule: Rule

    def about(self, row: Row) -> Sql:
        """The condition on this row."""
        if self.made is TRUE or self.made is FALSE:
            return self.made
        made = self.made.about(row, self.row)
        if row.reached_from is None or not self.reads_origin:
            return made
        return made.about(row.reached_from[1], _ORIGIN)


# By what they are compiled from. They are few: the rules of resource types, for kinds of viewers.
_CONDITIONS: Final[dict[object, KeptCondition]] = {}
_MOST: Final = 4_000


def kept(key: object) -> KeptCondition | None:
    """What was compiled for the key."""
    return _CONDITIONS.get(key)


def known_of(row: Row) -> tuple[object, ...]:
    """What is known of the row, as part of a key."""
    relation = row.reached_from[0] if row.reached_from is not None else None
    return tuple(sorted(row.roles.items())) if row.roles else (), row.visible, row.identified, relation


def keep(key: object, rule: Rule, row: Row, compile: Callable[[Row], Sql]) -> KeptCondition:
    """Compile for a placeholder of which the same is known as of the row, and keep it."""
    reached = (row.reached_from[0], _ORIGIN) if row.reached_from else None
    placeholder = Row("row", row.roles, row.visible, row.identified, reached)
    made = flattened(compile(placeholder))
    if len(_CONDITIONS) >= _MOST:
        _CONDITIONS.clear()
    condition = KeptCondition(made, placeholder, bool(made.columns(_ORIGIN)), rule)
    _CONDITIONS[key] = condition
    return condition
