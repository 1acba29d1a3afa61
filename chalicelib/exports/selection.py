"""What a client asks of an export: columns by name, and rows by the filter language and sort keys of lists.

It is read twice: by the request, which refuses mistakes, and by the task, which has its query string.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.exports.answers import answer_columns, fields_of
from chalicelib.exports.columns import Column
from chalicelib.exports.export import Export, Place
from chalicelib.jsonapi.ground.errors import bad_parameter
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.query import filters
from chalicelib.jsonapi.query.parse import Query, parse
from chalicelib.resources.forms.custom_form.well_known import snake
from chalicelib.values.messages import translated

COLUMNS: Final = "columns"
ANSWERS: Final = "answers"
MOST_LISTED: Final = 14  # columns that a page has room for


@dataclass(frozen=True, slots=True)
class Selection:
    """The columns, and the query for the rows. `shows_hidden`: the filter speaks of what hides rows."""

    columns: tuple[Column, ...]
    query: Query
    shows_hidden: bool


def selection_of(context: Context, export: Export, place: Place, *, listed: bool = False) -> Selection:
    """What the query string of the request says; `listed` are the default columns of a PDF.

    Raises Problem 400 with the parameter for an unknown column, attribute or operator.
    """
    noun = context.registry[export.type]
    query = parse(context.request, context.registry, noun)
    if query.trashed:
        raise bad_parameter("get_trashed", "What is deleted is not exported.")
    fields = fields_of(context.session, export, place.id)
    export = _in_language(export, place.language)
    answers = tuple(answer_columns(context.session, noun, export, place, fields))
    asked = context.request.parameter(COLUMNS)
    if asked is not None:
        columns = _chosen(export, answers, asked)
        if listed and len(columns) > MOST_LISTED:
            raise bad_parameter(COLUMNS, f"A PDF has {MOST_LISTED} columns at most.")
    elif listed:
        columns = tuple(column for name in export.listed for column in export.columns if column.name == name)
    else:
        asked_for = {snake(field.field_identifier) for field in fields}
        columns = tuple(_default(export, answers, asked_for))
    return Selection(columns, query, _speaks_of(query.where, export.hidden_by))


def _in_language(export: Export, language: str) -> Export:
    """The export with its headings in the language."""
    columns = [replace(column, title=translated(column.title, language)) for column in export.columns]
    return replace(export, columns=tuple(columns))


def _default(export: Export, answers: Sequence[Column], fields: set[str]) -> list[Column]:
    columns: list[Column] = []
    for column in export.columns:
        if column.default and column.unless not in fields:
            columns.append(column)
        if column.name == export.answers_after:
            columns += answers
    return columns


def _chosen(export: Export, answers: Sequence[Column], asked: str) -> tuple[Column, ...]:
    known = {column.name: [column] for column in (*export.columns, *answers)}
    if export.form:
        known[ANSWERS] = [*answers]
    columns: list[Column] = []
    for name in (part.strip() for part in asked.split(",")):
        if name not in known:
            raise bad_parameter(COLUMNS, f"There is no column {name!r:.100} in {export.name}.")
        columns += known[name]
    names = [column.name for column in columns]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise bad_parameter(COLUMNS, f"The column {twice} is named twice.")
    if not columns:
        raise bad_parameter(COLUMNS, "These are no columns: the event's form has no fields.")
    return tuple(columns)


def _speaks_of(node: filters.Node | None, path: tuple[str, ...]) -> bool:
    """Whether the filter compares the attribute at the end of the path."""
    match node:
        case filters.All() | filters.AnyOf():
            return any(_speaks_of(inner, path) for inner in node.nodes)
        case filters.Not():
            return _speaks_of(node.node, path)
        case filters.Related():
            return len(path) > 1 and node.relation == path[0] and _speaks_of(node.node, path[1:])
        case filters.Compare():
            return len(path) == 1 and path[0] in {node.name, node.other}
    return False
