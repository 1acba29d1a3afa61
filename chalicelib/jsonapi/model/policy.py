"""Permission policies: the vocabulary for rules, and the rules of a resource type.

For reading, a rule is compiled into WHERE; for writing, it is evaluated for the row before and after the
change. Both use the same rule.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.sql import Sql
from chalicelib.jsonapi.model.rules import (
    Among,
    AnyRelated,
    ColumnIs,
    EditableWith,
    HasRole,
    IsOwner,
    Nobody,
    OfKind,
    OpenedByLink,
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
    """A rule as plain SQL, for the rare case that nothing else fits. See SqlFragment."""
    return SqlFragment(condition, phrase, least, of_row)


def among(select: Sql, phrase: str, *, function: str = "") -> Rule:
    """The row's id is among those that a SELECT returns for the viewer; it runs once per statement.

    Name a stored function where few rows need the answer: the tables of the SELECT are then opened for those
    alone. It is created by a migration; a test compares its body with the SELECT.
    """
    return Among(select, phrase, function)


def any_related(relation: str, rule: Rule, phrase: str) -> Rule:
    """A target of the to-many passes the rule; the phrase says who is such a row, as "the room's users"."""
    return AnyRelated(relation, rule, phrase)


def unlocked(type_name: str) -> Rule:
    """The row is unlocked by a secret in the request, such as a code in its URL, whoever the viewer is."""
    return Unlocked(type_name)


def opened_by_link(type_name: str, column: str, phrase: str) -> Rule:
    """The viewer holds a secret link, without an account, that opens the row of this type in the column.

    The phrase says who that is. It is compiled to FALSE for all other viewers, so that it costs them nothing.
    """
    return OpenedByLink(type_name, column, phrase)


def column_is(column: str, value: str) -> Rule:
    """The row's column has this constant value."""
    return ColumnIs(column, value)


def is_owner(column: str, *, whichever_profile: bool = False) -> Rule:
    """The row's column holds the viewer's id. Staff does not pass by itself: add `| staff`.

    A row that can belong to a profile must belong to the profile that the viewer acts under (or to none, like
    them), unless `whichever_profile`.
    """
    return IsOwner(column, whichever_profile)


def has_role(roles: frozenset[str], at: str) -> Rule:
    """The viewer has one of the roles at the row at the end of `at`; staff passes.

    `at` is a to-one of the noun, a path of them ("custom_form.event"), or "id" for the row itself.
    """
    return HasRole(roles, at)


def visible_with(relation: str) -> Rule:
    """The row is visible if the target of the to-one is."""
    return VisibleWith(relation)


def editable_with(relation: str) -> Rule:
    """The row may be changed by whoever may change the target of the to-one."""
    return EditableWith(relation)


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of a resource type.

    see     visibility: in lists, details, includes and relationships
    read    narrows `see` for direct requests (lists and details)
    list    narrows `read` further, for the top-level collection only
    trash   who sees soft-deleted rows on request; default: whoever may change them
    purge   who may delete permanently

    `materialize_ids`: for lists of which one user sees few rows. The visible ids are first selected through
    the indexes that `see` uses, then sorted. Otherwise PostgreSQL may scan everybody's rows in the order of
    the page.
    """

    see: Rule
    create: Rule
    change: Rule
    remove: Rule
    read: Rule = anyone
    list: Rule = anyone
    trash: Rule | None = None
    purge: Rule = staff
    materialize_ids: bool = False

    @property
    def sees_trash(self) -> Rule:
        """Who sees soft-deleted rows on request."""
        return self.trash or self.change

    def replace(self, **changes: Any) -> "Policy":
        """A copy with some rules replaced."""
        return replace(self, **changes)
