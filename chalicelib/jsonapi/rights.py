"""Asking a policy about one row as it is, or as it would become, before it is written.

The same rules that narrow reading are put to a row of literals, so that a right can be asked
for rows that do not exist yet, and about values that are not stored yet.
"""

import re
from collections.abc import Sequence

from chalicelib import db
from chalicelib.auth.viewer import Kind
from chalicelib.db import Model
from chalicelib.jsonapi.ask import Ask
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.errors import Problem, forbidden, unauthorized
from chalicelib.jsonapi.policy import FALSE, TRUE, Rule
from chalicelib.jsonapi.resource import Resource

_COLUMN = re.compile(r'\bt\."?(\w+)"?')


def passes(context: Context, resource: Resource, row: Model, rules: Sequence[Rule]) -> list[bool]:
    """For each rule whether it holds for the row's present values; one statement at most."""
    ask = Ask(context.registry, context.viewer.kind)
    texts = [rule.sql(ask, resource, "t") for rule in rules]
    if all(text in (TRUE, FALSE) for text in texts):
        return [text == TRUE for text in texts]
    values: dict[object, object] = {}
    columns = []
    for column in sorted({name for text in texts for name in _COLUMN.findall(text)}):
        key = ("column", column)
        values[key] = getattr(row, column)
        columns.append(f'{ask.bind(key, resource.column_type(column))} AS "{column}"')
    source = f" FROM (SELECT {', '.join(columns)}) t" if columns else ""
    sql = ask.finish(f"SELECT {', '.join(texts)}{source}")
    found = db.fetch(context.session, sql, ask.values(context.viewer, values), flush=False)
    return [value is True for value in found[0]]


def demand(context: Context, resource: Resource, row: Model, rule: Rule, refusal: str) -> None:
    """Raise 401 or 403 unless the rule holds for the row's present values."""
    if not passes(context, resource, row, [rule])[0]:
        raise refused(context, refusal)


def could(context: Context, resource: Resource, rule: Rule) -> bool:
    """Whether there can be any row at all for which the rule holds for this viewer."""
    return rule.sql(Ask(context.registry, context.viewer.kind), resource, "t") != FALSE


def refused(context: Context, detail: str) -> Problem:
    """401 for nobody, 403 for somebody."""
    return unauthorized() if context.viewer.kind is Kind.NOBODY else forbidden(detail)
