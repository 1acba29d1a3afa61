"""Who may see, create, change and remove: the vocabulary by which nouns make rules, and the rules of a noun.

Reading puts a rule into WHERE; writing asks it about the row as it was and as it would become. There is one
truth for both.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.sql import Sql
from chalicelib.jsonapi.model.rules import (
    Among,
    ColumnIs,
    EditableWith,
    HasRole,
    IsOwner,
    Nobody,
    OfKind,
    Rule,
    SqlFragment,
    Unlocked,
    Verified,
    VisibleWith,
)

anyone: Final = OfKind(Kind.NOBODY)
logged_in: Final = OfKind(Kind.USER)
staff: Final = OfKind(Kind.STAFF)
super_admin: Final = OfKind(Kind.SUPER_ADMIN)
nobody: Final = Nobody()
verified: Final = Verified()


def where_sql(condition: Sql, phrase: str, *, least: Kind = Kind.NOBODY, of_row: bool = False) -> Rule:
    """A rule in plain SQL for the rare case that no other word fits. See SqlFragment."""
    return SqlFragment(condition, phrase, least, of_row)


def among(select: Sql, phrase: str) -> Rule:
    """The row is one of the few that a SELECT of ids finds for the viewer, once per statement."""
    return Among(select, phrase)


def opened(type_name: str) -> Rule:
    """A secret in the request, such as a code in its address, opens this row of the type to whoever asks."""
    return Unlocked(type_name)


def column_is(column: str, value: str) -> Rule:
    """The row's column equals a fixed word."""
    return ColumnIs(column, value)


def myself(column: str, *, whichever_profile: bool = False) -> Rule:
    """The row's column holds the viewer's id. Staff does not pass by itself: say `| staff`.

    A row that can belong to a profile must belong to the one that the viewer acts under, or to none as
    they do, unless it is theirs `whichever_profile` that is.
    """
    return IsOwner(column, whichever_profile)


def holds(roles: frozenset[str], at: str) -> Rule:
    """The viewer has one of the roles at the row at the end of `at`; staff passes.

    `at` is a to-one of the noun, a path of them ("custom_form.event"), or "id" for the row itself.
    """
    return HasRole(roles, at)


def seen_with(relation: str) -> Rule:
    """The row can be seen by whoever can see the row it belongs to."""
    return VisibleWith(relation)


def changed_with(relation: str) -> Rule:
    """Whoever may change the row it belongs to."""
    return EditableWith(relation)


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of a noun.

    see     rows that appear at all: in lists, as details, in includes and relationships
    read    narrows `see` for direct requests (lists and details)
    list    narrows `read` further, for the bare collection only
    trash   whose deleted rows are shown on request; by default whoever may change them
    purge   who may remove for good

    Somebody sees little of a list that is `gathered`, by indexes that `see` has: that is found, then sorted.
    Else PostgreSQL may walk through everybody's rows in the order of the page until there are enough.
    """

    see: Rule
    create: Rule
    change: Rule
    remove: Rule
    read: Rule = anyone
    list: Rule = anyone
    trash: Rule | None = None
    purge: Rule = staff
    gathered: bool = False

    @property
    def sees_trash(self) -> Rule:
        """Whose deleted rows are shown on request."""
        return self.trash or self.change

    def but(self, **changes: Any) -> "Policy":
        """This policy with some of it exchanged."""
        return replace(self, **changes)
