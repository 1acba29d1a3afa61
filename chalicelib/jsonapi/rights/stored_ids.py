"""Stored functions that return ids for the viewer: the SELECT of an `among` rule, kept in the database.

A statement opens every table that it names, also for a branch that no row reaches; those of a function are
opened when it is called. The rule declares the SELECT; a migration creates the function with its body().
"""

from typing import Final

from chalicelib.jsonapi.ground.sql import Sql, joined, render, sql
from chalicelib.jsonapi.rights.viewer_parameters import (
    VIEWER_EMAIL,
    VIEWER_ID,
    VIEWER_PROFILE_ID,
    VIEWER_VERIFIED,
)

_ARGUMENTS: Final = (VIEWER_ID, VIEWER_PROFILE_ID, VIEWER_VERIFIED, VIEWER_EMAIL)


def call(function: str) -> Sql:
    """SQL: the ids that the function returns for the viewer, as bigint[]."""
    return sql(f"{function}(", joined(", ", _ARGUMENTS), ")")


def body(select: Sql) -> str:
    """The PL/pgSQL body of a function (bigint, bigint, boolean, text) that runs the SELECT.

    Raises ValueError if the SELECT has other parameters than the viewer's.
    """
    statement = render(sql("BEGIN RETURN ARRAY(", select, "); END"), [param.key for param in _ARGUMENTS])
    if len(statement.keys) > len(_ARGUMENTS):
        raise ValueError(f"a stored function takes the viewer's parameters alone: {statement.keys}")
    return statement.text
