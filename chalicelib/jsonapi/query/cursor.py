"""Keyset pagination (page[after], page[before]): pages that stay stable while rows come and go.

A cursor holds the sort keys of the row at a page's end. Each page costs the same however deep it is, and
nothing is counted. Source: the JSON:API profile "Cursor Pagination".
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass

from chalicelib.jsonapi.ground.errors import Problem, bad_parameter
from chalicelib.jsonapi.ground.profiles import CURSOR_PAGINATION, is_cursor_pagination
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.ground.sql import TRUE, Column, Param, Row, Sql, all_of, any_of, joined, sql
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.query import moments

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_WHOLE = {"BIGINT": 2**63, "INTEGER": 2**31, "SMALLINT": 2**15}
_WRITTEN = {
    **dict.fromkeys(_WHOLE, r"-?\d{1,19}"),
    "BOOLEAN": r"true|false",
    "NUMERIC": r"-?\d{1,1000}(\.\d{1,1000})?",
    "DOUBLE PRECISION": r"-?\d{1,17}(\.\d{1,17})?(e[+-]\d{1,2})?",
    "TIMESTAMP WITH TIME ZONE": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00",
}


@dataclass(frozen=True, slots=True)
class Cursor:
    """A page by keyset: its direction ("first", "after" or "before") and the sort keys.

    A "-" in front of a key means descending. It is part of a statement's shape.
    """

    direction: str
    keys: tuple[str, ...]

    @property
    def backwards(self) -> bool:
        """Whether rows are read from the cursor towards the start."""
        return self.direction == "before"

    def columns(self, row: Row) -> list[Column]:
        """The sort keys as columns of the row."""
        return [row[key.lstrip("-")] for key in self.keys]

    def order(self, row: Row) -> Sql:
        """ORDER BY in the direction of reading."""
        ascending = [key.startswith("-") == self.backwards for key in self.keys]
        columns = zip(self.columns(row), ascending, strict=True)
        return joined(", ", (sql(column, "" if up else " DESC") for column, up in columns))

    def beyond(self, resource: Resource, row: Row) -> Sql:
        """Condition: the row lies beyond the cursor in the direction of reading."""
        if self.direction == "first":
            return TRUE
        columns = self.columns(row)
        values = [
            Param(("cursor", number), resource.column_type(key.lstrip("-")))
            for number, key in enumerate(self.keys)
        ]
        signs = [">" if key.startswith("-") == self.backwards else "<" for key in self.keys]
        if len(set(signs)) == 1:  # a row comparison can use an index
            return sql("(", joined(", ", columns), f") {signs[0]} (", joined(", ", values), ")")
        # A looser bound on the first key, which can use an index; the exact condition follows.
        bound = sql(columns[0], f" {signs[0]}= ", values[0])
        steps = []
        for number, sign in enumerate(signs):
            same = [sql(columns[i], " = ", values[i]) for i in range(number)]
            steps.append(all_of(*same, sql(columns[number], f" {sign} ", values[number])))
        return all_of(bound, any_of(*steps))

    def mark(self, row: Row) -> Sql:
        """JSON array of the row's sort keys."""
        return sql(
            "json_build_array(", joined(", ", (sql(column, "::text") for column in self.columns(row))), ")"
        )


def parse_cursor(
    request: Request, resource: Resource, sort: tuple[str, ...], after: str | None, before: str | None
) -> tuple[Cursor, dict[object, object]] | None:
    """The cursor that a request asks for, with its parameter values, or None. Raises Problem 400."""
    has_profile = is_cursor_pagination(request)
    # Reports are paged by number, even if the profile is requested.
    if after is None and before is None and (not has_profile or resource.is_report):
        return None
    if resource.is_report:
        raise bad_parameter(
            "page[after]" if after is not None else "page[before]", "Reports have pages by number only."
        )
    if after is not None and before is not None:
        raise _refuse(
            "page[after]", "Ask for page[after] or page[before], not both.", "range-pagination-not-supported"
        )
    keys = (*(sort or tuple(resource.order)), "id")
    for key in keys[:-1]:
        may_be_null = resource.columns.get(key.lstrip("-"), True)
        attribute = resource.attributes.get(key.lstrip("-"))
        if may_be_null or (attribute is not None and attribute.scope is not None):
            raise _refuse(
                "sort", f"Pages by cursor cannot be sorted by {key.lstrip('-')!r}.", "unsupported-sort"
            )
    if after is None and before is None:
        return Cursor("first", keys), {}
    direction, text = ("after", after) if after is not None else ("before", before or "")
    values = _read(text or "", f"page[{direction}]")
    if len(values) != len(keys):
        raise _refuse(
            f"page[{direction}]", "This cursor belongs to another sort order.", "invalid-parameter-value"
        )
    for key, value in zip(keys, values, strict=True):
        if not _fits(value, resource.column_type(key.lstrip("-"))):
            raise _refuse(
                f"page[{direction}]", "This cursor belongs to another sort order.", "invalid-parameter-value"
            )
    return Cursor(direction, keys), {("cursor", number): value for number, value in enumerate(values)}


def encode(mark: list[str]) -> str:
    """A cursor as written in a link: base64url of the JSON."""
    return base64.urlsafe_b64encode(json.dumps(mark, separators=(",", ":")).encode()).decode().rstrip("=")


def _read(text: str, parameter: str) -> list[str]:
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        values = None
    if not isinstance(values, list) or not all(isinstance(text, str) for text in values):
        raise _refuse(parameter, "This is not a valid cursor.", "invalid-parameter-value")
    return values


def _fits(value: str, sql_type: str) -> bool:
    """Whether the text is one that PostgreSQL writes for a value of this type."""
    pattern = _WRITTEN.get(sql_type)
    if pattern is not None and not re.fullmatch(pattern, value, re.ASCII):
        return False
    if sql_type in _WHOLE:
        return abs(int(value)) < _WHOLE[sql_type]
    if "TIMESTAMP" in sql_type:
        try:
            moments.read(value)
        except (ValueError, OverflowError):
            return False
    return not _UNSTORABLE.search(value)


def _refuse(parameter: str, detail: str, name: str) -> Problem:
    return Problem(400, detail, parameter=parameter, type_link=CURSOR_PAGINATION + name)
