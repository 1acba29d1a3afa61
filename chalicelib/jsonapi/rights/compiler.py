"""Compiles permission rules to SQL conditions; the only place that defines what a rule means."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.sql import (
    FALSE,
    TRUE,
    Ids,
    Row,
    Sql,
    all_of,
    any_of,
    conjunction,
    constant,
    disjunction,
    negated,
    sql,
)
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.jsonapi.model.rules import (
    AllOf,
    Among,
    AnyOf,
    AnyRelated,
    ColumnIs,
    Described,
    EditableWith,
    HasAddress,
    HasRole,
    IdentifierGiven,
    IsOwner,
    Nobody,
    Not,
    OfKind,
    OpenedByLink,
    RelatedPasses,
    Rule,
    SecretShown,
    SqlFragment,
    Unlocked,
    Verified,
    VisibleWith,
)
from chalicelib.jsonapi.rights import stored_ids
from chalicelib.jsonapi.rights.kept_conditions import keep, kept, known_of
from chalicelib.jsonapi.rights.related import asked_of_related, join_over
from chalicelib.jsonapi.rights.soft_delete import not_deleted
from chalicelib.jsonapi.rights.viewer_parameters import (
    PROFILE,
    VIEWER_ID,
    VIEWER_VERIFIED,
    email_of_viewer,
    events_with_role,
    of_viewer,
    opened_row,
    secret,
    unlocked_rows,
)


class Compiler:
    """Compiles the rules of one statement for one kind of viewer.

    `secrets` are the kinds of secrets in the request. What follows from the kind of viewer becomes TRUE or
    FALSE and is folded, as is what is known about a row (see Row). `visible_row` is the type of one row that
    is known to be visible to the viewer, and SQL of its id.
    """

    def __init__(
        self,
        registry: Registry,
        kind: Kind,
        secrets: frozenset[str] = frozenset(),
        visible_row: tuple[str, str] | None = None,
        prefix: str = "x",
    ) -> None:
        self.registry, self.kind, self.secrets = registry, kind, secrets
        self.visible_row = visible_row
        self._rows = 0
        self._prefix = prefix

    def new_row(self) -> Row:
        """A row with an alias that is unique in the statement."""
        self._rows += 1
        return Row(f"{self._prefix}{self._rows}")

    def condition(self, rule: Rule, resource: Resource, row: Row) -> Sql:
        """The rule as a condition on the row of `resource`; the constant TRUE or FALSE where that is known.

        Each is compiled once in a process, for a placeholder of which the same is known as of the row: pass
        declared rules, and none that is made for each request. Raises TypeError for an unknown type of node.
        """
        known = (self.registry, self.kind, self.secrets, self.visible_row)
        key = (id(rule), resource.type, *known, known_of(row))
        condition = kept(key)
        if condition is None:
            # Aliases in it are unique by themselves: each stands in a subselect of the condition.
            alone = Compiler(*known, prefix="y")
            condition = keep(key, rule, row, lambda placeholder: alone._compiled(rule, resource, placeholder))
        return condition.about(row)

    def _compiled(self, rule: Rule, resource: Resource, row: Row) -> Sql:
        if (compile := _COMPILERS.get(type(rule))) is None:
            raise TypeError(f"unknown rule {rule!r}")
        return compile(self, rule, resource, row)

    def visible_relation(self, relation: Relation, resource: Resource, row: Row) -> Sql:
        """Condition: the viewer may see the relationship of the row of `resource`."""
        return self.condition(relation.scope, resource, row) if relation.scope is not None else TRUE

    def column_at(self, resource: Resource, row: Row, path: str) -> Sql:
        """The id at the end of a path of to-one relationships from the row."""
        if path == "id":
            return sql(row["id"])
        head, _, rest = path.partition(".")
        relation = self.registry.relation(resource, head)
        here = row[relation.column or ""]
        if not rest:
            return sql(here)
        target, other = self.registry[relation.target], self.new_row()
        inner = self.column_at(target, other, rest)
        return sql(
            "(SELECT ", inner, f" FROM {target.from_sql} {other} WHERE ", other["id"], " = ", here, ")"
        )

    def _all_of(self, rule: AllOf, resource: Resource, row: Row) -> Sql:
        return conjunction(self._compiled(inner, resource, row) for inner in rule.rules)

    def _any_of(self, rule: AnyOf, resource: Resource, row: Row) -> Sql:
        return disjunction(self._compiled(inner, resource, row) for inner in rule.rules)

    def _not(self, rule: Not, resource: Resource, row: Row) -> Sql:
        return negated(self._compiled(rule.rule, resource, row))

    def _described(self, rule: Described, resource: Resource, row: Row) -> Sql:
        return self._compiled(rule.rule, resource, row)

    def _of_kind(self, rule: OfKind, _resource: Resource, _row: Row) -> Sql:
        return constant(self.kind >= rule.least)

    def _verified(self, _rule: Verified, _resource: Resource, _row: Row) -> Sql:
        return sql(VIEWER_VERIFIED) if self.kind is Kind.USER else constant(self.kind >= Kind.STAFF)

    def _has_role(self, rule: HasRole, resource: Resource, row: Row) -> Sql:
        if self.kind is not Kind.USER:
            return constant(self.kind >= Kind.STAFF)
        if (known := row.roles.get(rule.path)) is not None:
            return constant(not known.isdisjoint(rule.roles))
        event = self.column_at(resource, row, rule.path)
        return sql(event, " = ANY(", events_with_role(rule.roles), ")")

    def _is_owner(self, rule: IsOwner, resource: Resource, row: Row) -> Sql:
        if PROFILE in resource.columns and not rule.whichever_profile:
            return self._for_users(of_viewer(row, rule.column))
        return self._for_users(sql(row[rule.column], " = ", VIEWER_ID))

    def _has_address(self, rule: HasAddress, _resource: Resource, row: Row) -> Sql:
        return self._for_users(email_of_viewer(row, rule.column))

    def _column_is(self, rule: ColumnIs, _resource: Resource, row: Row) -> Sql:
        return sql(row[rule.column], " = '" + rule.value.replace("'", "''") + "'")

    def _among(self, rule: Among, _resource: Resource, row: Row) -> Sql:
        call = stored_ids.call(rule.function) if rule.function else None
        return self._for_users(sql(row["id"], " = ANY(", Ids(rule.select, call), ")"))

    def _fragment(self, rule: SqlFragment, _resource: Resource, row: Row) -> Sql:
        return rule.condition.about(row) if self.kind >= rule.least else FALSE

    def _visible_with(self, rule: VisibleWith, resource: Resource, row: Row) -> Sql:
        if rule.relation in row.visible:
            return TRUE
        relation, passes = self.registry.relation(resource, rule.relation), self._related(rule, resource, row)
        if passes is not FALSE and self.visible_row and self.visible_row[0] == relation.target:
            # Most rows belong to the row asked for, such as an event, and need no lookup of it each.
            return any_of(sql(row[relation.column or ""], f" = {self.visible_row[1]}"), passes)
        return passes

    def _related(self, rule: VisibleWith | EditableWith | RelatedPasses, resource: Resource, row: Row) -> Sql:
        """Condition: the target of the to-one is not soft-deleted and passes the rule's demand on it."""
        relation = self.registry.relation(resource, rule.relation)
        target, other = self.registry[relation.target], self.new_row()
        asked = asked_of_related(rule, target)
        if (condition := self._alive(asked, target, other)) is FALSE:
            return FALSE
        meant = sql(other["id"], " = ", row[relation.column or ""])
        return sql(f"EXISTS (SELECT 1 FROM {target.from_sql} {other} WHERE ", meant, " AND ", condition, ")")

    def _any_related(self, rule: AnyRelated, resource: Resource, row: Row) -> Sql:
        relation, other = self.registry.relation(resource, rule.relation), self.new_row()
        target = self.registry[relation.target]
        source, match = join_over(self.new_row, relation, target, row, other)
        exists = sql("EXISTS (SELECT FROM ", source, " WHERE ", match, " AND ")
        through_any = sql(exists, self._alive(rule.rule, target, other), ")")
        if row.reached_from is None or row.reached_from[0] != relation.name:
            return through_any
        # Mostly the row that it is reached from suffices, and no other needs looking for.
        return any_of(self._alive(rule.rule, target, row.reached_from[1]), through_any)

    def _alive(self, rule: Rule, resource: Resource, row: Row) -> Sql:
        return all_of(not_deleted(resource, row), self._compiled(rule, resource, row))

    def _unlocked(self, rule: Unlocked, _resource: Resource, row: Row) -> Sql:
        return sql(row["id"], " = ANY(", unlocked_rows(rule.type), ")")

    def _by_link(self, rule: OpenedByLink, _resource: Resource, row: Row) -> Sql:
        return sql(row[rule.column], " = ", opened_row(rule.type)) if self.kind is Kind.HOLDER else FALSE

    def _secret_shown(self, rule: SecretShown, _resource: Resource, row: Row) -> Sql:
        return rule.condition.about(row) if rule.kind in self.secrets else FALSE

    def _identifier_given(self, _rule: IdentifierGiven, resource: Resource, row: Row) -> Sql:
        if row.identified:
            return TRUE
        if resource.type not in self.secrets or resource.identifier is None:
            return FALSE
        return sql(row[resource.identifier], " = ", secret(resource.type))

    def _for_users(self, condition: Sql) -> Sql:
        return FALSE if self.kind < Kind.USER else condition


# What each type of node means.
_COMPILERS: Final[Mapping[type[Rule], Callable[[Compiler, Any, Resource, Row], Sql]]] = {
    AllOf: Compiler._all_of,
    AnyOf: Compiler._any_of,
    Not: Compiler._not,
    Described: Compiler._described,
    OfKind: Compiler._of_kind,
    Nobody: lambda *_: FALSE,
    Verified: Compiler._verified,
    HasRole: Compiler._has_role,
    IsOwner: Compiler._is_owner,
    HasAddress: Compiler._has_address,
    ColumnIs: Compiler._column_is,
    Among: Compiler._among,
    SqlFragment: Compiler._fragment,
    VisibleWith: Compiler._visible_with,
    EditableWith: Compiler._related,
    RelatedPasses: Compiler._related,
    AnyRelated: Compiler._any_related,
    Unlocked: Compiler._unlocked,
    OpenedByLink: Compiler._by_link,
    SecretShown: Compiler._secret_shown,
    IdentifierGiven: Compiler._identifier_given,
}
