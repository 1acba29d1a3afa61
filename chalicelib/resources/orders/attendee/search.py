"""Search for attendees of an event by words, codes of tickets, and references of orders."""

import re
from typing import Final

from chalicelib.memorable import OF_32_BITS, NotASentence

LONGEST: Final = 200  # characters
_PATTERN_CHARACTERS: Final = re.compile(r"[\\%_]")

# SQL: ids of the event's attendees, by name; the parameters $4 to $10 are search_values().
MATCHING: Final = """
      SELECT one.id FROM attendees one WHERE one.event_id = event.id AND one.deleted_at IS NULL AND (
        concat_ws(' ', one.firstname, one.lastname, one.email) ILIKE ALL ($4::text[])
        OR one.identifier = $5::text
        OR one.order_id = ANY (ARRAY(
          SELECT meant.id FROM orders meant WHERE meant.identifier = $5::text
          UNION ALL SELECT meant.id FROM orders meant WHERE meant.reference = $8::text
        ))
        OR (one.id = ANY (ARRAY(
          SELECT holder.id FROM orders meant JOIN attendees holder ON holder.order_id = meant.id
          WHERE meant.identifier = $6::text AND $7::text IN (holder.identifier, holder.id::text)
          ORDER BY holder.identifier = $7::text DESC LIMIT 1
        )))
      )
      ORDER BY lower(one.lastname), lower(one.firstname), one.id LIMIT $9::bigint OFFSET $10::bigint
"""


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
