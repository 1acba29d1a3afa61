"""Who may see, create, change and remove: rules that read like the catalogue's vocabulary.

A rule is a condition in SQL over one row. Reading puts it into WHERE; writing asks it about the row as it
was and as it would become. There is one truth for both.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ask import Ask

if TYPE_CHECKING:
    from chalicelib.jsonapi.relation import Relation
    from chalicelib.jsonapi.resource import Resource

TRUE, FALSE = "TRUE", "FALSE"

Write = Callable[[Ask, "Resource", str], str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition over a row. `sql(ask, resource, alias)` gives SQL, TRUE or FALSE where known."""

    sql: Write
    name: str

    def __or__(self, other: "Rule") -> "Rule":
        def either(ask: Ask, resource: "Resource", t: str) -> str:
            return any_of(self.sql(ask, resource, t), other.sql(ask, resource, t))

        return Rule(either, f"{self.name} or {other.name}")

    def __and__(self, other: "Rule") -> "Rule":
        def both(ask: Ask, resource: "Resource", t: str) -> str:
            return all_of(self.sql(ask, resource, t), other.sql(ask, resource, t))

        return Rule(both, f"{self.name} and {other.name}")

    def __invert__(self) -> "Rule":
        def opposite(ask: Ask, resource: "Resource", t: str) -> str:
            inner = self.sql(ask, resource, t)
            return {TRUE: FALSE, FALSE: TRUE}.get(inner, f"(NOT coalesce({inner}, FALSE))")

        return Rule(opposite, f"not {self.name}")


def all_of(*conditions: str) -> str:
    """The conditions joined by AND, with what is already known folded away."""
    open_ones = [one for one in dict.fromkeys(conditions) if one != TRUE]
    if FALSE in open_ones:
        return FALSE
    if not open_ones:
        return TRUE
    return open_ones[0] if len(open_ones) == 1 else "(" + " AND ".join(open_ones) + ")"


def any_of(*conditions: str) -> str:
    """The conditions joined by OR, with what is already known folded away."""
    open_ones = [one for one in dict.fromkeys(conditions) if one != FALSE]
    if TRUE in open_ones:
        return TRUE
    if not open_ones:
        return FALSE
    return open_ones[0] if len(open_ones) == 1 else "(" + " OR ".join(open_ones) + ")"


def _for_kind(least: Kind, name: str) -> Rule:
    return Rule(lambda ask, _resource, _t: TRUE if ask.kind >= least else FALSE, name)


anyone = _for_kind(Kind.NOBODY, "public")
logged_in = _for_kind(Kind.USER, "auth")
staff = _for_kind(Kind.STAFF, "staff")
super_admin = _for_kind(Kind.SUPER_ADMIN, "super_admin")
nobody = Rule(lambda _ask, _resource, _t: FALSE, "-")


def where_sql(condition: Callable[[Ask, str], str], name: str) -> Rule:
    """A rule in plain SQL for the rare case that no other word fits."""
    return Rule(lambda ask, _resource, t: condition(ask, t), name)


def among(ids: Callable[[Ask], str], name: str) -> Rule:
    """The row is one of the few that a SELECT of ids finds for the viewer, once per statement."""

    def sql(ask: Ask, _resource: "Resource", t: str) -> str:
        return FALSE if ask.kind is Kind.NOBODY else f"{t}.id = ANY({ask.ids(ids(ask))})"

    return Rule(sql, name)


def opened(type_name: str) -> Rule:
    """A secret in the request, such as a code in its address, opens this row of the type to whoever asks."""

    def sql(ask: Ask, _resource: "Resource", t: str) -> str:
        return f"{t}.id = ANY({ask.bind(('opened', type_name), 'bigint[]')})"

    return Rule(sql, "whoever has its code")


def column_is(column: str, value: str) -> Rule:
    """The row's column equals a fixed word."""
    literal = value.replace("'", "''")
    return Rule(lambda _ask, _resource, t: f"{t}.\"{column}\" = '{literal}'", f"{column}={value}")


def _verified(ask: Ask, _resource: "Resource", _t: str) -> str:
    if ask.kind is Kind.USER:
        return ask.bind("viewer_verified", "boolean")
    return TRUE if ask.kind >= Kind.STAFF else FALSE


verified = Rule(_verified, "auth with verified e-mail")
_PROFILE = "profile_id"


def myself(column: str, *, whichever_profile: bool = False) -> Rule:
    """The row's column holds the viewer's id. Staff does not pass by itself: say `| staff`.

    A row that can belong to a profile must belong to the one that the viewer acts under, or to none as
    they do, unless it is theirs `whichever_profile` that is.
    """

    def sql(ask: Ask, resource: "Resource", t: str) -> str:
        if ask.kind is Kind.NOBODY:
            return FALSE
        of_profile = resource.model is not None and _PROFILE in resource.model.__table__.columns
        if of_profile and not whichever_profile:
            return of_viewer(ask, t, column)
        return f'{t}."{column}" = {ask.bind("viewer_id", "bigint")}'

    return Rule(sql, f"self ({column})")


def of_viewer(ask: Ask, t: str, column: str = "user_id") -> str:
    """SQL: the row `t` of a table with a `profile_id` is the viewer's, in the profile that they act under."""
    profile = ask.bind("viewer_profile_id", "bigint")
    same = f'{t}."{_PROFILE}" IS NOT DISTINCT FROM {profile}'
    return f'({t}."{column}" = {ask.bind("viewer_id", "bigint")} AND {same})'


def addressed(ask: Ask, t: str, column: str = "email") -> str:
    """SQL: the e-mail address in a row of `t` is the viewer's. One that was not verified proves nothing."""
    if ask.kind is Kind.NOBODY:
        return FALSE
    address = f'lower({t}."{column}") = lower({ask.bind("viewer_email", "text")})'
    return f"({ask.bind('viewer_verified', 'boolean')} AND {address})"


@cache
def holds(roles: frozenset[str], at: str = "event") -> Rule:
    """The viewer has one of the roles at the event that the row belongs to; staff passes.

    `at` is a to-one of the noun, a path of them ("custom_form.event"), or "id" for the event itself.
    """

    def sql(ask: Ask, resource: "Resource", t: str) -> str:
        if ask.kind is not Kind.USER:
            return TRUE if ask.kind >= Kind.STAFF else FALSE
        held = ask.held.get((t, at))
        if held is not None:
            return FALSE if held.isdisjoint(roles) else TRUE
        event = column_at(ask, resource, t, at)
        return f"{event} = ANY({ask.bind(('events_as', roles), 'bigint[]')})"

    return Rule(sql, f"{'/'.join(sorted(roles))} of {at}")


def seen_with(relation: str) -> Rule:
    """The row can be seen by whoever can see the row it belongs to."""

    def sql(ask: Ask, resource: "Resource", t: str) -> str:
        if (t, relation) in ask.proven:
            return TRUE
        return related(ask, resource, t, relation, lambda target: target.policy.see)

    return Rule(sql, f"whoever sees the {relation}")


def related(ask: Ask, resource: "Resource", t: str, relation: str, rule: Callable[["Resource"], Rule]) -> str:
    """SQL: the to-one's target is there, not in the trash, and passes a rule of its own."""
    found = ask.registry.relation(resource, relation)
    target, other = ask.registry[found.target], ask.alias()
    condition = all_of(living(target, other), rule(target).sql(ask, target, other))
    if condition == FALSE:
        return FALSE
    meant = f'{other}.id = {t}."{found.column}"'
    return f"EXISTS (SELECT 1 FROM {target.source} {other} WHERE {meant} AND {condition})"


def living(resource: "Resource", t: str) -> str:
    """SQL: the row is not in the trash."""
    return f"{t}.deleted_at IS NULL" if resource.soft_delete else TRUE


def shown(ask: Ask, resource: "Resource", relation: "Relation", t: str) -> str:
    """SQL: the relationship of the row `t` of `resource` is there at all for the viewer."""
    return relation.scope.sql(ask, resource, t) if relation.scope is not None else TRUE


def column_at(ask: Ask, resource: "Resource", t: str, path: str) -> str:
    """SQL for the id at the end of a path of to-one relationships, starting at row `t`."""
    if path == "id":
        return f"{t}.id"
    head, _, rest = path.partition(".")
    found = ask.registry.relation(resource, head)
    here = f'{t}."{found.column}"'
    if not rest:
        return here
    target, other = ask.registry[found.target], ask.alias()
    inner = column_at(ask, target, other, rest)
    return f"(SELECT {inner} FROM {target.source} {other} WHERE {other}.id = {here})"


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
