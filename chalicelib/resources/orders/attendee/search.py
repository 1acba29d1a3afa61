"""Search for attendees of an event by words, codes of tickets, and references of orders."""

import re
from typing import Final

from chalicelib.memorable import OF_32_BITS, NotASentence
from chalicelib.resources.orders.attendee.search_keys import attendee_search_keys

LONGEST: Final = 200  # characters
_PATTERN_CHARACTERS: Final = re.compile(r"[\\%_]")

_FEW: Final = 200  # people whose rows are fetched one by one
_SEARCHED: Final = "concat_ws(' ', one.firstname, one.lastname, one.email)"
# Ids are collected first (ARRAY), so that no plan begins with all of the event's attendees.
_PERSON: Final = "SELECT one.id, one.firstname, one.lastname, {} AS is_alike FROM attendees one"
_MATCHES: Final = f"{_PERSON.format('false')} WHERE one.event_id = event.id AND one.deleted_at IS NULL"
_KNOWN: Final = f"SELECT known.attendee_id FROM {attendee_search_keys.name} known"  # noqa: S608 - no user input

# SQL: (id, is_alike) of the event's attendees; the parameters $4 to $10 are search_values(). Those that match
# come first, by name; then those with names that are alike: each word is a part of name or address, or a word
# of the name with one letter more, less, or another one, or with two neighbours that changed places.
# Parts of fewer than three characters have no keys, and others lead to most people: then all of the event's
# attendees are looked at, by the index that has their names.
MATCHING: Final = f"""
  WITH asked AS MATERIALIZED (SELECT search_grams(event.id, $5::text) AS grams),
  word AS MATERIALIZED (
    SELECT word, search_grams(event.id, word) AS grams, search_spellings(event.id, word) AS spellings,
    char_length(word) < 3 AS is_short FROM search_words($5::text) word
  ),
  keyed AS MATERIALIZED (
    {_KNOWN} WHERE (SELECT grams <> '{{}}' FROM asked) AND known.keys @> (SELECT grams FROM asked)
  ),
  many AS MATERIALIZED (
    SELECT (SELECT grams = '{{}}' FROM asked) OR count(*) > {_FEW} AS are_many FROM keyed
  ),
  found AS (
    {_MATCHES} AND (SELECT NOT are_many FROM many)
    AND one.id = ANY (ARRAY(SELECT attendee_id FROM keyed)) AND {_SEARCHED} ILIKE ALL ($4::text[])
    UNION ALL
    {_MATCHES} AND (SELECT are_many FROM many) AND {_SEARCHED} ILIKE ALL ($4::text[])
    UNION ALL
    {_MATCHES} AND position(' ' IN $5::text) = 0 AND one.identifier = $5::text
    UNION ALL
    {_MATCHES} AND one.order_id = ANY (ARRAY(
      SELECT meant.id FROM orders meant WHERE meant.identifier = $5::text
      UNION ALL SELECT meant.id FROM orders meant WHERE meant.reference = $8::text
    ))
    UNION ALL
    {_MATCHES} AND one.id = ANY (ARRAY(
      SELECT holder.id FROM orders meant JOIN attendees holder ON holder.order_id = meant.id
      WHERE meant.identifier = $6::text AND $7::text IN (holder.identifier, holder.id::text)
      ORDER BY holder.identifier = $7::text DESC LIMIT 1
    ))
    UNION ALL
    {_PERSON.format("true")} JOIN {attendee_search_keys.name} known ON known.attendee_id = one.id
    WHERE one.event_id = event.id AND one.deleted_at IS NULL AND one.id = ANY (ARRAY(
      {_KNOWN} WHERE known.keys && (
        SELECT array_agg(spelling) FROM word, unnest(word.spellings) spelling WHERE NOT word.is_short
      ) AND NOT EXISTS (
        SELECT FROM word
        WHERE NOT (word.is_short OR known.keys && word.spellings OR known.keys @> word.grams)
      )
    )) AND NOT EXISTS (
      SELECT FROM word WHERE (word.is_short OR NOT known.keys && word.spellings)
      AND position(word.word IN search_folded({_SEARCHED})) = 0
    )
  )
  SELECT id, bool_and(is_alike) AS is_alike FROM found GROUP BY id, firstname, lastname
  ORDER BY bool_and(is_alike), lower(lastname), lower(firstname), id LIMIT $9::bigint OFFSET $10::bigint
"""  # noqa: S608 - no user input


def search_values(text: str, most: int, skipped: int = 0) -> list[object]:
    """Parameters of MATCHING: patterns, the whole text, the parts of a ticket's code, a reference, the
    page.
    """
    words = " ".join(text.split())
    whole = words.lower()
    order, _, person = whole.rpartition("-")
    patterns = [f"%{_PATTERN_CHARACTERS.sub(_escaped, word)}%" for word in words.split()]
    return [patterns, whole, order, person, _reference(words), most, skipped]


def _reference(text: str) -> str | None:
    """The reference in its normal form; None for an invalid one."""
    try:
        return OF_32_BITS.write(OF_32_BITS.read(text))
    except NotASentence:
        return None


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match[0]}"
