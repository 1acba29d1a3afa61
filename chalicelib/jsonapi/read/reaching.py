"""Which rows a relationship reaches: the condition of a related list."""

from chalicelib.jsonapi.ground.sql import LINK, Row, Sql, sql
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.query.filters import Node


def search_columns(root: Resource) -> frozenset[str]:
    """The column that is in the index of the type's trigrams too, if there is one."""
    return frozenset(name for attribute in root.attributes.values() if (name := attribute.searched))


def is_searched(root: Resource, through: Relation | None, where: Node | None) -> bool:
    """Whether an index of trigrams leads to the rows of a list, within the row that it starts from."""
    if where is None or not where.is_led:
        return False
    within = search_columns(root)
    return through is None or not within or through.remote in within


def reached(relation: Relation, row: Row, indexed: frozenset[str] = frozenset()) -> Sql:
    """Condition: the row is a target of the relationship from `parent`.

    A column that is `indexed` with the trigrams of a search is compared in that index's form: any other index
    would lead to all rows of the parent, however many these are.
    """
    if relation.column is not None:
        return sql(row["id"], f' = (SELECT "{relation.column}" FROM parent)')
    if relation.remote is not None:
        if relation.remote in indexed:
            return sql("ARRAY[", row[relation.remote], "] @> ARRAY[(SELECT id FROM parent)]")
        return sql(row[relation.remote], " = (SELECT id FROM parent)")
    where = (" AND (", relation.where.about(Row("l"), LINK), ")") if relation.where else ()
    # As an array, so that the few targets are looked up by id instead of scanning all rows in the order of
    # the page.
    return sql(
        row["id"],
        f' = ANY(ARRAY(SELECT l."{relation.right}" FROM {relation.associations} l '
        f'WHERE l."{relation.left}" = (SELECT id FROM parent)',
        *where,
        "))",
    )
