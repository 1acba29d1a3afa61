"""Permission rules as data: an expression tree that can be hashed, compared, printed and walked.

A rule holds no code. The compiler in rights/ turns it into an SQL condition, docs/page_rights.py into words.
Resource types build rules with the vocabulary in policy.py.
"""

from dataclasses import dataclass
from functools import cached_property

from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.sql import Sql


@dataclass(frozen=True, eq=False)
class Rule:
    """A condition on a row and a viewer. Equality is structural."""

    def __or__(self, other: "Rule") -> "Rule":
        return AnyOf((self, other))

    def __and__(self, other: "Rule") -> "Rule":
        return AllOf((self, other))

    def __invert__(self) -> "Rule":
        return Not(self)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, type(self)) and self._values == other._values

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _values(self) -> tuple[object, ...]:
        names: tuple[str, ...] = self.__match_args__
        return tuple(getattr(self, name) for name in names)

    @cached_property
    def _hash(self) -> int:  # cached, as deep trees are part of cache keys
        return hash((type(self), self._values))


@dataclass(frozen=True, eq=False)
class AllOf(Rule):
    """Every one of the rules holds."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, eq=False)
class AnyOf(Rule):
    """At least one of the rules holds."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, eq=False)
class Not(Rule):
    """The rule does not hold."""

    rule: Rule


@dataclass(frozen=True, eq=False)
class Described(Rule):
    """The rule holds; described to people by one phrase instead of those of its parts."""

    rule: Rule
    phrase: str


@dataclass(frozen=True, eq=False)
class OfKind(Rule):
    """The viewer is of this kind or a higher one."""

    least: Kind


@dataclass(frozen=True, eq=False)
class Nobody(Rule):
    """Never holds."""


@dataclass(frozen=True, eq=False)
class Verified(Rule):
    """The viewer has a verified e-mail address; staff passes."""


@dataclass(frozen=True, eq=False)
class HasRole(Rule):
    """The viewer has one of the roles at the row's event; staff passes.

    `at` is a to-one relationship, a path of them ("custom_form.event"), or "id" for the event itself.
    """

    roles: frozenset[str]
    path: str


@dataclass(frozen=True, eq=False)
class IsOwner(Rule):
    """The row's column holds the viewer's id; where rows have a profile, it must be the viewer's too."""

    column: str
    whichever_profile: bool = False


@dataclass(frozen=True, eq=False)
class HasAddress(Rule):
    """The row's column holds the viewer's verified e-mail address."""

    column: str


@dataclass(frozen=True, eq=False)
class VisibleWith(Rule):
    """The target of the to-one is visible to the viewer."""

    relation: str


@dataclass(frozen=True, eq=False)
class EditableWith(Rule):
    """The viewer may change the target of the to-one."""

    relation: str


@dataclass(frozen=True, eq=False)
class RelatedPasses(Rule):
    """The target of the to-one passes the rule."""

    relation: str
    rule: Rule


@dataclass(frozen=True, eq=False)
class AnyRelated(Rule):
    """A target of the to-many, outside the trash, passes the rule. The phrase says who is such a row."""

    relation: str
    rule: Rule
    phrase: str


@dataclass(frozen=True, eq=False)
class ColumnIs(Rule):
    """The row's column has a constant value."""

    column: str
    value: str


@dataclass(frozen=True, eq=False)
class Unlocked(Rule):
    """The row of this type is unlocked by a secret in the request, such as a code in its URL."""

    type: str


@dataclass(frozen=True, eq=False)
class OpenedByLink(Rule):
    """The viewer has no account, and a secret link that opens the row of this type whose id is in the
    column. The phrase says whose link it is.
    """

    type: str
    column: str
    phrase: str


@dataclass(frozen=True, eq=False)
class IdentifierGiven(Rule):
    """The request contains the row's own identifier, in its URL or in a link that leads to it."""


@dataclass(frozen=True, eq=False)
class SecretShown(Rule):
    """The request contains a secret of this kind for which the condition holds."""

    kind: str
    condition: Sql
    phrase: str


@dataclass(frozen=True, eq=False)
class Among(Rule):
    """The row's id is among those that a SELECT returns for the viewer; it runs once per statement.

    With `function`, a stored function of this name runs it. See rights/stored_ids.py.
    """

    select: Sql
    phrase: str
    function: str = ""


@dataclass(frozen=True, eq=False)
class SqlFragment(Rule):
    """An SQL condition on ROW; FALSE for viewers of a kind below `least`.

    The phrase says who passes ("the buyer"), or, with `of_row`, what the row is like ("it is not hidden").
    """

    condition: Sql
    phrase: str
    least: Kind = Kind.NOBODY
    of_row: bool = False
