"""Full-text search over events, at the address of the former search service; PostgreSQL answers it."""

import re
from functools import lru_cache
from typing import Final

from chalicelib import db
from chalicelib.auth.viewer import Kind
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import bad_parameter
from chalicelib.jsonapi.ground.request import Answer, json_text
from chalicelib.jsonapi.ground.sql import Column, Param, Row, Sql, Statement, joined, render, sql
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.jsonapi.query.trigrams import has_trigram
from chalicelib.jsonapi.rights import viewer_parameters
from chalicelib.jsonapi.rights.visibility import listed_where

# The query parameters, with dashes or underscores, and the columns of events in which they search.
_SEARCHED: Final = ("name", "description", "location_name", "owner_name", "owner_description")
_LONGEST: Final = 200  # characters of one parameter
_MOST: Final = 10  # hits
_MOST_WORDS: Final = 20  # of one parameter: each is looked for in every event
_PATTERN_CHARACTERS: Final = re.compile(r"[\\%_]")


@action("GET", "/v1/search/events", lenient=True)
@documented(
    who="everybody; found are the events that they see in the list of events",
    open=True,
    response=[
        {
            "id": 1,
            "identifier": "3d5ab9c8",
            "name": "FOSS summit",
            "description": "Three days of talks.",
            "location_name": "Lyon",
            "owner_name": "Ada Lovelace",
            "owner_description": "A meetup.",
            "meta": {"id": "1", "index": "event"},
        }
    ],
    optional_in_response=("description", "location_name", "owner_name", "owner_description"),
    errors=(400, 401),
)
def search_events(context: Context) -> Answer:
    """The ten latest events in which every word of the parameters is found, in any case.

    Query parameters, which must all match: name, description, location-name, owner-name, owner-description.
    Raises Problem 400 for one of more than 200 characters or 20 words.
    """
    asked = {name: words for name in _SEARCHED if (words := _words(context, name))}
    attributes = context.registry["event"].attributes
    led = frozenset(
        name
        for name, patterns in asked.items()
        if attributes[name].searched is not None and has_trigram("".join(patterns))
    )
    statement = _statement(context.registry, context.viewer.kind, tuple(asked), led)
    values = viewer_parameters.values(statement, context.viewer, dict(asked.items()))
    ((text,),) = db.fetch(context.session, statement.text, values)
    return json_text(text)


def _words(context: Context, name: str) -> list[str]:
    """The patterns of a parameter's words; none where it is missing."""
    dashed = name.replace("_", "-")
    text = context.request.parameter(dashed) or context.request.parameter(name) or ""
    if len(text) > _LONGEST:
        raise bad_parameter(dashed, f"At most {_LONGEST} characters can be searched for.")
    words = dict.fromkeys(text.split())
    if len(words) > _MOST_WORDS:
        raise bad_parameter(dashed, f"At most {_MOST_WORDS} words can be searched for.")
    return [f"%{_PATTERN_CHARACTERS.sub(_escaped, word)}%" for word in words]


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found[0]}"


@lru_cache(maxsize=64)
def _statement(registry: Registry, kind: Kind, names: tuple[str, ...], led: frozenset[str]) -> Statement:
    """The statement, for one kind of viewer and the parameters that are given; an index leads to `led`."""
    event = Row("event")
    listed = listed_where(registry, "event", event, kind)
    matches = [_matches(Param(name, "text[]"), event[name], indexed=name in led) for name in names]
    return render(
        sql(
            "SELECT coalesce(json_agg(hit), '[]')::text FROM (SELECT event.id, event.identifier, ",
            ", ".join(f"event.{name}" for name in _SEARCHED),
            ", json_build_object('id', event.id::text, 'index', 'event') AS meta FROM events event WHERE ",
            listed,
            joined("", matches),
            f" ORDER BY event.starts_at DESC, event.id DESC LIMIT {_MOST}) hit",
        )
    )


def _matches(patterns: Param, column: Column, *, indexed: bool) -> Sql:
    """The condition that every word is in the column, whose trigrams an index may have."""
    compared = sql(" AND ", column, " ILIKE ALL (", patterns, ")")
    if not indexed:
        return compared
    # All words are one pattern: what is between its wildcards is looked up part by part.
    whole = sql("(SELECT trigrams_of_pattern(array_to_string(", patterns, ", '')))")
    return sql(compared, " AND trigrams(", column, ") @> ", whole)
