"""Search keys of a name: those of the row are the ones that a search for it makes."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pg8000.native import Connection

from tests.support.databases import TestDatabase

pytestmark = pytest.mark.one_database

# Letters that fold into one or two, marks, separators of words, quotes that are left out, an emoji.
LETTERS = "aAbcdeXYZ äÄöüßæœşİ\u0131Ée\u0301Σς'\u2019`-.@_+ \t\n中文😀ﬀ½٣0123"
NAMES = st.none() | st.text(LETTERS, max_size=16) | st.text(LETTERS, min_size=40, max_size=60)
KEYS = """
WITH name AS (SELECT concat_ws(' ', CAST(:first AS text), CAST(:last AS text)) AS words)
SELECT search_keys(:event, CAST(:first AS text), CAST(:last AS text), CAST(:email AS text)),
ARRAY(
  SELECT DISTINCT key FROM (
    SELECT unnest(search_grams(:event, concat_ws(' ', words, CAST(:email AS text)))) AS key FROM name
    UNION ALL
    SELECT unnest(search_spellings(:event, word)) FROM (
      SELECT word FROM name, search_words(words) word
      WHERE char_length(word) >= 3 ORDER BY char_length(word) DESC, word LIMIT 6
    ) longest
  ) parts ORDER BY key
)
"""


@pytest.fixture
def connection(database: TestDatabase) -> Iterator[Connection]:
    with database.connected() as connection:
        yield connection


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(event=st.integers(1, 2**40), first=NAMES, last=NAMES, email=NAMES)
def test_keys_of_a_row_are_those_of_a_search(
    connection: Connection, event: int, first: str | None, last: str | None, email: str | None
) -> None:
    ((keys, expected),) = connection.run(KEYS, event=event, first=first, last=last, email=email)
    assert (keys or []) == expected


def test_a_long_name_takes_the_time_of_its_length(connection: Connection) -> None:
    name = "The quick brown fox jumps over the lazy dog. " * 5_000  # as a former server may have had
    connection.run("SET statement_timeout = '10s'")
    ((keys,),) = connection.run("SELECT search_keys(1, :name, NULL, NULL)", name=name)
    assert len(keys) == len(set(keys))
    ((grams,),) = connection.run("SELECT search_grams(1, 'quick lazy')")
    assert set(grams) <= set(keys)
