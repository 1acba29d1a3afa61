"""Related rows: the SQL join that reaches them over a relationship, and what rules ask of them."""

from collections.abc import Callable

from chalicelib.jsonapi.ground.sql import LINK, Row, Sql, sql
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import EditableWith, RelatedPasses, Rule


def join_over(
    new_row: Callable[[], Row], relation: Relation, target: Resource, row: Row, other: Row
) -> tuple[Sql, Sql]:
    """(FROM, WHERE) parts that join the row over the relationship to rows `other`.

    `new_row` gives the alias of the association table, where there is one.
    """
    source = f"{target.from_sql} {other}"
    if relation.column is not None:
        return sql(source), sql(other["id"], " = ", row[relation.column])
    if relation.remote is not None:
        return sql(source), sql(other[relation.remote], " = ", row["id"])
    link = new_row()
    ends = (
        link[relation.left or ""],
        " = ",
        row["id"],
        " AND ",
        link[relation.right or ""],
        " = ",
        other["id"],
    )
    where = (" AND (", relation.where.about(link, LINK), ")") if relation.where else ()
    return sql(f"{relation.associations} {link}, {source}"), sql(*ends, *where)


def asked_of_related(rule: Rule, target: Resource) -> Rule:
    """The rule that the target must pass, for a rule about a related row."""
    match rule:
        case EditableWith():
            return target.policy.change
        case RelatedPasses(_, inner):
            return inner
    return target.policy.see
