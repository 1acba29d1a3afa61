"""Rules of rights as data: who may do something with a row.

A rule is a tree of nodes. It can be hashed, compared, printed and walked; it holds no code. The compiler in
rights/ turns it into a condition in SQL, docs/page_rights.py into words. Nouns make rules with the vocabulary
in policy.py.
"""

from dataclasses import dataclass
from functools import cached_property

from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.sql import Sql


@dataclass(frozen=True, eq=False)
class Rule:
    """A condition about a row and a viewer. Two rules are equal if they say the same in the same form."""

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
    def _hash(self) -> int:  # kept, as the trees are deep and are part of the keys of caches
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
    """The rule holds; people are told so in one phrase instead of in those of its parts."""

    rule: Rule
    phrase: str


@dataclass(frozen=True, eq=False)
class OfKind(Rule):
    """The viewer is of this kind, or of one with more rights."""

    least: Kind


@dataclass(frozen=True, eq=False)
class Nobody(Rule):
    """It never holds."""


@dataclass(frozen=True, eq=False)
class Verified(Rule):
    """The viewer has a verified e-mail address; staff passes."""


@dataclass(frozen=True, eq=False)
class HasRole(Rule):
    """The viewer has one of the roles at the event that the row belongs to; staff passes.

    `at` is a to-one of the noun, a path of them ("custom_form.event"), or "id" for the event itself.
    """

    roles: frozenset[str]
    at: str


@dataclass(frozen=True, eq=False)
class IsOwner(Rule):
    """The row's column holds the viewer's id; where rows have a profile, it is the viewer's too."""

    column: str
    whichever_profile: bool = False


@dataclass(frozen=True, eq=False)
class HasAddress(Rule):
    """The row's column holds the viewer's verified e-mail address."""

    column: str


@dataclass(frozen=True, eq=False)
class VisibleWith(Rule):
    """The to-one leads to a row that the viewer can see."""

    relation: str


@dataclass(frozen=True, eq=False)
class EditableWith(Rule):
    """The to-one leads to a row that the viewer may change."""

    relation: str


@dataclass(frozen=True, eq=False)
class RelatedPasses(Rule):
    """The to-one leads to a row for which the rule holds."""

    relation: str
    rule: Rule


@dataclass(frozen=True, eq=False)
class ColumnIs(Rule):
    """The row's column holds a fixed text."""

    column: str
    value: str


@dataclass(frozen=True, eq=False)
class Unlocked(Rule):
    """A secret in the request, such as a code in its address, opens this row of the type to whoever asks."""

    type: str


@dataclass(frozen=True, eq=False)
class IdentifierGiven(Rule):
    """The request gives the row's own identifier, in its address or in a link that leads to it."""


@dataclass(frozen=True, eq=False)
class SecretShown(Rule):
    """The request shows a secret of this kind for which the condition holds."""

    kind: str
    condition: Sql
    phrase: str


@dataclass(frozen=True, eq=False)
class Among(Rule):
    """The row is one of those whose ids a SELECT finds for the viewer, once per statement."""

    select: Sql
    phrase: str


@dataclass(frozen=True, eq=False)
class SqlFragment(Rule):
    """A condition in SQL about ROW. It does not hold for viewers of a kind with fewer rights than `least`.

    The phrase says who passes ("the buyer"), or, with `of_row`, what the row is like ("it is not hidden").
    """

    condition: Sql
    phrase: str
    least: Kind = Kind.NOBODY
    of_row: bool = False
