"""Filters with ILIKE: an index of trigrams finds exactly what ILIKE alone does, whatever is searched for."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pg8000.native import Connection

from chalicelib.db import Model
from chalicelib.jsonapi.query.trigrams import has_trigram
from chalicelib.resources import REGISTRY
from devstack import database as servers
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import make_session
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

pytestmark = pytest.mark.one_database

# Few letters, so that much matches; wildcards, letters whose lower case is longer, emoji, marks, a line break.
LETTERS = "aAbB c%_\\éÉİıßẞΣσς😀👩‍\u0301\n1"
ONES_OWN = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
TITLES = [
    *("Foo\\Bar", "100 % sure", "50%off", "a_b_c", "ÉCOLE d'été", "İstanbul", "STRASSE", "Straße", "ΟΔΟΣ"),
    *("ab", "abc", "ABCABC", "a", "😀😀😀 party", "e\u0301cole", "line\nbreak", "   ", "\\\\server\\share"),
]
MATCHES = """
SELECT text, pattern, text ILIKE pattern AS matches, trigrams(text) @> trigrams_of_pattern(pattern) AS found,
trigrams_of_pattern(pattern) = '{}' AS is_empty
FROM unnest(CAST(:texts AS text[]), CAST(:patterns AS text[])) pair (text, pattern)
"""


@st.composite
def texts_and_patterns(draw: st.DrawFn) -> tuple[str, str]:
    """A text, and a pattern that was often made of a part of it."""
    text = draw(st.text(LETTERS, max_size=14))
    if draw(st.booleans()):
        return text, _complete(draw(st.text(LETTERS, max_size=10)))
    begin = draw(st.integers(0, len(text)))
    part = _cased(draw(st.sampled_from(["", "lower", "upper", "swapcase"])), text[begin : begin + 6])
    escaped = "".join(f"\\{letter}" if letter in "%_\\" else letter for letter in part)
    at = draw(st.integers(0, len(escaped)))
    return text, _complete(f"%{escaped[:at]}{draw(st.sampled_from(['', '%', '_']))}{escaped[at:]}%")


def _cased(how: str, text: str) -> str:
    return str(getattr(text, how)()) if how else text


def _complete(pattern: str) -> str:
    """Without the half of an escape at its end, which is refused."""
    bare = pattern.rstrip("\\")
    return bare + "\\" * ((len(pattern) - len(bare)) // 2 * 2)


@pytest.fixture
def connection(database: TestDatabase) -> Iterator[Connection]:
    with database.connected() as connection:
        yield connection


@ONES_OWN
@given(pairs=st.lists(texts_and_patterns(), min_size=1, max_size=40))
def test_what_matches_has_the_trigrams(connection: Connection, pairs: list[tuple[str, str]]) -> None:
    texts, patterns = zip(*pairs, strict=True)
    rows = connection.run(MATCHES, texts=list(texts), patterns=list(patterns))
    for text, pattern, matches, is_found, is_empty in rows:
        assert is_found or not matches, (text, pattern)
        # What has none would read the whole index: it is not asked.
        assert is_empty is not has_trigram(pattern), pattern


def test_a_long_text_is_indexed_within_the_time_of_a_request(database: TestDatabase) -> None:
    name = "The quick brown fox jumps over the lazy dog. " * 10_000  # as a former server may have had
    event = stored(make_event)
    with servers.connected(database.requests_url) as connection:
        connection.run("SET statement_timeout = '25s'")
        connection.run("UPDATE events SET name = :name WHERE id = :id", name=name, id=event.id)
        found = "SELECT id FROM events WHERE trigrams(name) @> (SELECT trigrams_of_pattern('%LAZY DOG%'))"
        assert connection.run(found) == [[event.id]]


@ONES_OWN
@given(words=st.text(LETTERS, max_size=14))
def test_trigrams_are_of_each_three_characters(connection: Connection, words: str) -> None:
    each = """
        SELECT trigrams(:words), ARRAY(SELECT hashtext(substr(lower(:words), place, 3))
          FROM generate_series(1, char_length(lower(:words)) - 2) place ORDER BY place)
    """
    ((trigrams, expected),) = connection.run(each, words=words)
    assert trigrams == expected


@dataclass(frozen=True)
class Stage:
    """An event with a session for each title, and somebody who reads it."""

    team: Client
    path: str
    elsewhere: str

    def found(self, where: str, condition: object) -> list[str]:
        query = {"filter": json.dumps([condition]), "page[size]": "0", "fields[session]": "title"}
        reply = self.team.get(where, query=query)
        assert reply.status == 200, reply.text
        titles = [item["attributes"]["title"] for item in reply.data]
        assert reply.json["meta"]["count"] == len(titles)
        return sorted(titles)


@pytest.fixture
def stage(client: Client, database: TestDatabase) -> Stage:
    event, other = stored(make_event), stored(make_event)
    owner = stored(make_users_events_roles, event=event, role="owner").user_id
    for place in (event, other):
        row = stored(make_session, event=place)
        database.run("UPDATE sessions SET title = :title WHERE id = :id", title=TITLES[0], id=row.id)
        for title in TITLES[1:]:
            session = stored(make_session, event=place)
            database.run("UPDATE sessions SET title = :title WHERE id = :id", title=title, id=session.id)
    return Stage(
        client.signed_in_as(owner), f"/v1/events/{event.id}/sessions", f"/v1/events/{other.id}/sessions"
    )


PATTERNS = [
    *("%abc%", "abc", "%BCA%", "%foo\\\\bar%", "%0 \\% s%", "%50\\%off%", "%école%", "%STRASSE%", "%straße%"),
    *(
        "%istanbul%",
        "%İST%",
        "%οδος%",
        "%ΟΔΟΣ%",
        "a\\_b\\_c",
        "%a_b_c%",
        "%ab%",
        "%",
        "",
        "%😀😀😀%",
        "%\\\\ser%",
    ),
    *("%line\nbreak%", "%ne_br%", "%   %", "%e\u0301co%", "%nothing of the kind%", "%" + "abc" * 100 + "%"),
]


def test_a_list_is_what_ilike_alone_finds(stage: Stage, database: TestDatabase) -> None:
    event_id = int(stage.path.split("/")[3])
    for pattern in PATTERNS:
        compared = {"name": "title", "op": "ilike", "val": pattern}
        rows = database.rows(
            "SELECT title FROM sessions WHERE event_id = :id AND title ILIKE :pattern",
            id=event_id,
            pattern=pattern,
        )
        expected = sorted(row["title"] for row in rows)
        assert stage.found(stage.path, compared) == expected, pattern
        both = {"or": [compared, {"name": "title", "op": "ilike", "val": "%abc%"}]}
        assert set(stage.found(stage.path, both)) == {*expected, "abc", "ABCABC"}, pattern
        others = stage.found(stage.path, {"not": compared})
        assert sorted([*others, *expected]) == sorted(TITLES), pattern


def test_a_search_can_be_sorted_paged_and_followed_by_cursor(stage: Stage) -> None:
    compared = json.dumps([{"name": "title", "op": "ilike", "val": "%abc%"}])
    query = {"filter": compared, "sort": "-title", "page[size]": "1", "page[number]": "2"}
    reply = stage.team.get(stage.path, query=query)
    assert [item["attributes"]["title"] for item in reply.data] == ["ABCABC"]
    assert reply.json["meta"]["count"] == 2

    by_cursor = {"filter": compared, "page[size]": "1", "page[after]": ""}
    cursor = {
        "Accept": 'application/vnd.api+json; profile="https://jsonapi.org/profiles/ethanresnick/cursor-pagination/"'
    }
    del by_cursor["page[after]"]
    reply = stage.team.get(stage.path, query=by_cursor, headers=cursor)
    assert [item["attributes"]["title"] for item in reply.data] == ["abc"]
    reply = stage.team.get(reply.json["links"]["next"], headers=cursor)
    assert [item["attributes"]["title"] for item in reply.data] == ["ABCABC"]
    assert not reply.json["links"].get("next")


def test_each_searched_attribute_is_in_the_index_of_its_table() -> None:
    searched = {
        (resource.table, attribute.column): attribute.searched
        for resource in REGISTRY
        if resource.model is not None
        for attribute in resource.attributes.values()
        if attribute.searched is not None
    }
    assert len(searched) == 11
    for (table, column), within in searched.items():
        (index,) = (
            index for index in Model.metadata.tables[table].indexes if index.name == f"ix_{table}_search"
        )
        parts = [str(part) for part in index.expressions]
        assert f"trigrams({column})" in parts
        assert parts[0] == (f"(ARRAY[{within}])" if within else f"trigrams({column})") or not within
