"""Reads the rows of an export: first the ids of all, in order, then the values of a batch by its ids.

The ids are chosen by one statement, by the policy of the type and the viewer's filter, and are eight bytes
each. So a batch costs the same wherever it is, no row is there twice, and an export can go on later.
"""

from array import array
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Final, TypeAlias

from chalicelib import db
from chalicelib.auth.viewer import Kind as ViewerKind
from chalicelib.exports.answers import ANSWER
from chalicelib.exports.columns import IDS, MOMENTS, WORD, Column
from chalicelib.exports.export import PLACE, Export, Place
from chalicelib.exports.selection import Selection
from chalicelib.jsonapi.ground.sql import TRUE, Param, Row, Sql, all_of, any_of, joined, render, sql
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.query.sorting import sort_key
from chalicelib.jsonapi.rights import viewer_parameters
from chalicelib.jsonapi.rights.compiler import Compiler
from chalicelib.jsonapi.rights.soft_delete import not_deleted
from chalicelib.values.messages import translated

_MOST_ARGUMENTS: Final = 90  # of a function; PostgreSQL's limit is 100
Ids: TypeAlias = "array[int]"


def ids_of(
    context: Context,
    export: Export,
    place: Place,
    selection: Selection,
    most: int,
    narrow: Sql = TRUE,
    values: Mapping[object, object] | None = None,
) -> Ids:
    """The ids of the rows that the viewer asks for, in order, and at most one more than `most`.

    `narrow` is a further condition on `t`, with the `values` of its parameters.
    """
    noun = context.registry[export.type]
    compiler, row = Compiler(context.registry, context.viewer.kind), _row(context, export, place)
    query = selection.query
    policy = noun.policy
    condition = all_of(
        export.rows,
        not_deleted(noun, row),
        compiler.condition(policy.see, noun, row),
        compiler.condition(policy.read, noun, row),
        TRUE if selection.shows_hidden else sql(export.hidden),
        narrow,
        query.where.sql(compiler, noun, row) if query.where is not None else TRUE,
    )
    keys = [sort_key(compiler, noun, row, key) for key in query.sort] or [sql(export.order)]
    order = joined(", ", [*keys, sql(row["id"])])
    chosen = sql(
        f"SELECT t.id FROM {noun.from_sql} t {export.base} WHERE ",  # noqa: S608 - no user input
        *(condition, " ORDER BY ", order, " LIMIT ", Param("most", "bigint"), " + 1"),
    )
    whole = sql("SELECT coalesce(string_agg(int8send(chosen.id), ''::bytea), '') FROM (", chosen, ") chosen")
    given = {**query.values, **(values or {}), "most": most, PLACE.key: place.id, "zone": place.zone}
    found = _fetch(context, whole, given)[0][0]
    ids = array("q", found)
    ids.byteswap()  # int8send writes the most significant byte first
    return ids


def values_of(
    context: Context, export: Export, place: Place, columns: Sequence[Column], ids: Sequence[int]
) -> list[list[Any]]:
    """The values of these rows, in this order, by column. Who has been deleted since is left out."""
    noun = context.registry[export.type]
    compiler, row = Compiler(context.registry, context.viewer.kind), _row(context, export, place)
    cells = [_cell(compiler, context, row, column) for column in columns]
    arrays = [
        sql("json_build_array(", joined(", ", cells[at : at + _MOST_ARGUMENTS]), ")")
        for at in range(0, len(cells), _MOST_ARGUMENTS)
    ]
    whole = sql(
        "SELECT json_agg(json_build_array(",
        *(joined(", ", arrays), ") ORDER BY chosen.nth) FROM unnest("),
        *(IDS, ") WITH ORDINALITY chosen(id, nth) "),
        f"JOIN {noun.from_sql} t ON t.id = chosen.id {export.base} {export.joins} ",
        # The ids once more: each row is looked up, however many the place has.
        *(" WHERE t.id = ANY(", IDS, ") AND ", all_of(export.rows, not_deleted(noun, row))),
    )
    texts: dict[object, object] = {}
    for key in _keys(whole):
        if isinstance(key, tuple) and key[0] in {ANSWER, WORD}:
            texts[key] = translated(key[1], place.language) if key[0] == WORD else key[1]
    given = {IDS.key: list(ids), PLACE.key: place.id, "zone": place.zone, **texts}
    found = _fetch(context, whole, given)[0][0] or []
    return [list(chain.from_iterable(parts)) for parts in found]


def _cell(compiler: Compiler, context: Context, row: Row, column: Column) -> Sql:
    value = column.value
    if column.kind in MOMENTS:
        value = sql("floor(extract(epoch FROM ", value, "))::bigint")
    scopes = []
    for type_name, alias, name in column.seen:
        noun = context.registry[type_name]
        scope = noun.attributes[name].scope
        if scope is None:
            continue
        if alias == row.alias:
            scopes.append(compiler.condition(scope, noun, row))
        else:  # there may be no row that is joined, and then nothing to hide
            condition = compiler.condition(scope, noun, Row(alias))
            scopes.append(any_of(sql(f"{alias}.id IS NULL"), condition))
    condition = all_of(*scopes)
    return value if condition is TRUE else sql("CASE WHEN ", condition, " THEN ", value, " END")


def _row(context: Context, export: Export, place: Place) -> Row:
    """The row, with the facts that follow from the place: which roles the viewer has there."""
    if not export.known or context.viewer.kind is not ViewerKind.USER:
        return Row("t")
    first = export.known.partition(".")[0]
    visible = frozenset({first})
    return Row("t", roles={export.known: context.viewer.roles_at(place.id)}, visible=visible)


def _fetch(context: Context, whole: Sql, given: Mapping[object, object]) -> list[list[Any]]:
    statement = render(whole)
    values = viewer_parameters.values(statement, context.viewer, given)
    return db.fetch(context.session, statement.text, values)


def _keys(value: Sql) -> tuple[object, ...]:
    return render(value).keys
