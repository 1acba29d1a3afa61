"""Sort keys in SQL: an attribute, or one at the end of a path of to-one relationships."""

from chalicelib.jsonapi.ground.sql import Row, Sql, all_of, sql
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.rights.compiler import Compiler
from chalicelib.jsonapi.rights.soft_delete import not_deleted


def sort_key(compiler: Compiler, resource: Resource, row: Row, key: str) -> Sql:
    """An ORDER BY expression. A "-" in front of the key means descending."""
    *steps, last = key.lstrip("-").split(".")
    value = _value(compiler, resource, row, steps, last)
    return sql(value, " DESC") if key.startswith("-") else value


def _value(compiler: Compiler, resource: Resource, row: Row, steps: list[str], last: str) -> Sql:
    if steps:
        relation = compiler.registry.relations[resource.type][steps[0]]
        target, other = compiler.registry[relation.target], compiler.new_row()
        inner = _value(compiler, target, other, steps[1:], last)
        condition = all_of(
            sql(other["id"], " = ", row[relation.column or ""]),
            all_of(
                compiler.visible_relation(relation, resource, row),
                not_deleted(target, other),
                compiler.condition(target.policy.see, target, other),
            ),
        )
        return sql("(SELECT ", inner, f" FROM {target.from_sql} {other} WHERE ", condition, ")")
    if last == "id":
        return sql(row["id"])
    attribute = resource.attributes[last]
    value = attribute.sql(row)
    if attribute.scope is None:
        return value
    # A value that the viewer may not see must not leak through the order.
    return sql("CASE WHEN ", compiler.condition(attribute.scope, resource, row), " THEN ", value, " END")
